//! A page in the browser: where it is, what it says, what is typed into it, what it looks like.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::rc::Rc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;

use super::chromium::Chromium;
use super::devtools::DevTools;
use super::devtools::Event;
use super::devtools::PATIENCE;
use super::key;

/// Where pictures go, to be looked at by people.
pub const SCREENSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/screenshots");

/// How often the browser is asked again that had no answer.
const PAUSE: Duration = Duration::from_millis(25);

/// How often the page looks whether something has come, and how many times before it says that it has not.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: u32 = 200;

/// A person's browser: pages that know each other's cookies and storage, and nobody else's.
pub struct Person {
    tools: Rc<RefCell<DevTools>>,
    context: String,
}

impl Person {
    /// A browser in which nothing was ever looked at; `None` where there is no browser.
    pub fn new() -> Option<Self> {
        let mut tools = DevTools::connect(Chromium::shared()?);
        let made = tools.call(None, "Target.createBrowserContext", json!({}));
        let context = made["browserContextId"].as_str().unwrap().to_owned();
        Some(Self {
            tools: Rc::new(RefCell::new(tools)),
            context,
        })
    }

    /// An empty page of an ordinary screen.
    pub fn tab(&self) -> Tab {
        let mut tools = self.tools.borrow_mut();
        let made = tools.call(
            None,
            "Target.createTarget",
            json!({"url": "about:blank", "browserContextId": self.context, "newWindow": true}),
        );
        let target = made["targetId"].as_str().unwrap().to_owned();
        drop(tools);
        Tab::attached(&self.tools, target)
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        let context = json!({"browserContextId": self.context});
        // A test that failed because the browser has gone must still say so.
        if let Ok(mut tools) = self.tools.try_borrow_mut()
            && !thread::panicking()
        {
            let _ = tools.attempt(None, "Target.disposeBrowserContext", context);
        }
    }
}

/// What a page did that people do not see.
#[derive(Debug, Default)]
struct Seen {
    requests: BTreeSet<String>,
    complaints: Vec<String>,
}

/// A page.
pub struct Tab {
    tools: Rc<RefCell<DevTools>>,
    target: String,
    session: String,
    seen: RefCell<Seen>,
}

impl Tab {
    /// The page of a target of the browser.
    fn attached(tools: &Rc<RefCell<DevTools>>, target: String) -> Self {
        let how = json!({"targetId": target, "flatten": true});
        let attached = tools.borrow_mut().call(None, "Target.attachToTarget", how);
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let tab = Self {
            tools: Rc::clone(tools),
            target,
            session,
            seen: RefCell::default(),
        };
        for domain in ["Page", "Runtime", "Network", "Log", "Audits"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        // As if it were the only window on the screen.
        tab.call(
            "Emulation.setFocusEmulationEnabled",
            json!({"enabled": true}),
        );
        tab.screen(1280, 800);
        tab
    }

    /// Has the page open another, as if somebody had pressed a button for it; gives that one.
    #[track_caller]
    pub fn opened(&self, script: &str) -> Self {
        let pressed = json!({"expression": script, "userGesture": true});
        self.call("Runtime.evaluate", pressed);
        let until = Instant::now() + PATIENCE;
        loop {
            let none = json!({});
            let all = self
                .tools
                .borrow_mut()
                .call(None, "Target.getTargets", none);
            let opened = all["targetInfos"]
                .as_array()
                .unwrap()
                .iter()
                .find(|info| info["openerId"] == self.target.as_str())
                .map(|info| info["targetId"].as_str().unwrap().to_owned());
            if let Some(target) = opened {
                return Self::attached(&self.tools, target);
            }
            assert!(Instant::now() < until, "no page was opened");
            thread::sleep(PAUSE);
        }
    }

    /// Gives a command of the DevTools protocol.
    #[track_caller]
    pub fn call(&self, method: &str, params: Value) -> Value {
        let mut tools = self.tools.borrow_mut();
        tools.call(Some(&self.session), method, params)
    }

    /// Goes to an address; gives the reason when it cannot be shown.
    #[track_caller]
    pub fn go(&self, url: &str) -> Option<String> {
        let gone = self.call("Page.navigate", json!({"url": url}));
        if let Some(reason) = gone["errorText"].as_str() {
            return Some(reason.to_owned());
        }
        self.until("document.readyState === 'complete'");
        None
    }

    /// The value of an expression; promises are waited for.
    ///
    /// # Panics
    /// When it throws.
    #[track_caller]
    pub fn eval(&self, expression: &str) -> Value {
        self.try_eval(expression)
            .unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    fn try_eval(&self, expression: &str) -> Result<Value, String> {
        let mut tools = self.tools.borrow_mut();
        let mut answer = tools
            .attempt(
                Some(&self.session),
                "Runtime.evaluate",
                json!({"expression": expression, "awaitPromise": true, "returnByValue": true}),
            )
            .map_err(|error| error.to_string())?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(thrown.to_string()),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// Waits until an expression is true.
    ///
    /// # Panics
    /// When it does not become so; with what the page says then.
    #[track_caller]
    pub fn until(&self, expression: &str) {
        let until = Instant::now() + PATIENCE;
        let waits = waits_for(expression);
        while Instant::now() < until {
            match self.try_eval(&waits) {
                Ok(Value::Bool(true)) => return,
                Ok(_) => {}
                // While the page is changed for another there is nothing to ask.
                Err(_) => thread::sleep(PAUSE),
            }
        }
        self.look();
        self.picture("failed");
        panic!(
            "not within {PATIENCE:?}: {expression}\nthe page says:\n{}\nand did: {:#?}",
            self.try_eval("document.body.innerText").unwrap_or_default(),
            self.seen.borrow()
        );
    }

    /// Waits until something of this selector can be seen.
    #[track_caller]
    pub fn until_seen(&self, selector: &str) {
        self.until(&visible(selector));
    }

    /// Waits until what is of this selector cannot be seen, or is not there.
    #[track_caller]
    pub fn until_gone(&self, selector: &str) {
        self.until(&format!("!{}", visible(selector)));
    }

    /// Waits until what is of this selector says this.
    #[track_caller]
    pub fn until_says(&self, selector: &str, text: &str) {
        self.until(&format!(
            "(document.querySelector({})?.innerText ?? '').includes({})",
            json!(selector),
            json!(text)
        ));
    }

    /// Whether something of this selector can be seen.
    #[track_caller]
    pub fn sees(&self, selector: &str) -> bool {
        self.eval(&visible(selector)) == true
    }

    /// The words that people see in what is of this selector; empty when there is none.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let found = self.eval(&format!(
            "document.querySelector({})?.innerText ?? ''",
            json!(selector)
        ));
        found.as_str().unwrap().trim().to_owned()
    }

    /// Everything that is in the document, seen or not, form fields too.
    #[track_caller]
    pub fn everything(&self) -> String {
        let found = self.eval(
            "document.documentElement.outerHTML + [...document.querySelectorAll('input,textarea')]\
             .map(field => field.value).join('\\n')",
        );
        found.as_str().unwrap().to_owned()
    }

    /// Presses one key and lets it go.
    #[track_caller]
    pub fn press(&self, name: &str) {
        self.press_with(name, 0);
    }

    /// Presses one key while others are held ([`key::ALT`], [`key::CTRL`], [`key::SHIFT`]).
    #[track_caller]
    pub fn press_with(&self, name: &str, modifiers: u8) {
        self.strokes(key::strokes(name, modifiers));
    }

    /// Types a text as a keyboard, or a scanner that is one, does.
    #[track_caller]
    pub fn typed(&self, text: &str) {
        let letters = text.chars();
        self.strokes(
            letters
                .flat_map(|letter| key::strokes(&letter.to_string(), 0))
                .collect(),
        );
    }

    #[track_caller]
    fn strokes(&self, strokes: Vec<Value>) {
        let mut tools = self.tools.borrow_mut();
        tools.call_all(&self.session, "Input.dispatchKeyEvent", strokes);
    }

    /// Presses Tab until what is of this selector has the focus.
    ///
    /// # Panics
    /// When a round through the page does not reach it.
    #[track_caller]
    pub fn tab_to(&self, selector: &str) {
        let here = format!("document.activeElement?.matches({})", json!(selector));
        for _ in 0..80 {
            if self.eval(&here) == true {
                return;
            }
            self.press("Tab");
        }
        self.picture("failed");
        panic!("no key leads to {selector}");
    }

    /// Touches the middle of what is of this selector.
    #[track_caller]
    pub fn touch(&self, selector: &str) {
        self.until_seen(selector);
        let middle = self.eval(&format!(
            "(() => {{ const element = document.querySelector({}); \
             element.scrollIntoView({{block: 'center', behavior: 'instant'}}); \
             const box = element.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()",
            json!(selector)
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            self.call(
                "Input.dispatchMouseEvent",
                json!({"type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1}),
            );
        }
    }

    /// A screen of so many CSS pixels.
    pub fn screen(&self, width: u32, height: u32) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
    }

    /// The same screen at so many times the size: a zoom makes fewer and larger CSS pixels.
    pub fn zoomed(&self, width: u32, height: u32, times: u32) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({
                "width": width / times, "height": height / times,
                "deviceScaleFactor": times, "mobile": false,
            }),
        );
    }

    /// What a person prefers, as pairs of a media feature and its value; and paper instead of a screen.
    pub fn prefers(&self, features: &[(&str, &str)], print: bool) {
        let features: Vec<Value> = features
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        let media = if print { "print" } else { "" };
        self.call(
            "Emulation.setEmulatedMedia",
            json!({"media": media, "features": features}),
        );
    }

    /// The language that the browser is set to.
    pub fn language(&self, tag: &str) {
        self.call("Emulation.setLocaleOverride", json!({"locale": tag}));
        let agent = self.eval("navigator.userAgent");
        self.call(
            "Emulation.setUserAgentOverride",
            json!({"userAgent": agent, "acceptLanguage": tag}),
        );
    }

    /// A script that runs in every document before its own.
    pub fn before_all(&self, script: &str) {
        self.call(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": script}),
        );
    }

    /// A picture of what is seen, kept under a name.
    pub fn picture(&self, name: &str) {
        fs::create_dir_all(SCREENSHOTS).unwrap();
        let shot = self.call(
            "Page.captureScreenshot",
            json!({"format": "png", "optimizeForSpeed": true}),
        );
        let bytes = STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
        fs::write(format!("{SCREENSHOTS}/{name}.png"), bytes).unwrap();
    }

    /// The page as it is printed, kept under a name.
    pub fn paper(&self, name: &str) {
        fs::create_dir_all(SCREENSHOTS).unwrap();
        let printed = self.call("Page.printToPDF", json!({"preferCSSPageSize": true}));
        let bytes = STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
        fs::write(format!("{SCREENSHOTS}/{name}.pdf"), bytes).unwrap();
    }

    /// What the page asked of anybody but this machine, and all that went wrong in it: exceptions,
    /// errors on its console, what its content security policy had to stop.
    pub fn misdeeds(&self) -> Vec<String> {
        self.look();
        let seen = self.seen.borrow();
        let elsewhere = seen
            .requests
            .iter()
            .filter(|url| !stays_here(url))
            .map(|url| format!("asks {url}"));
        elsewhere.chain(seen.complaints.iter().cloned()).collect()
    }

    /// Closes it, as a person does.
    pub fn close(&self) {
        self.tools
            .borrow_mut()
            .call(None, "Target.closeTarget", json!({"targetId": self.target}));
    }

    /// Asserts that there were none.
    #[track_caller]
    pub fn assert_well_behaved(&self) {
        let misdeeds = self.misdeeds();
        assert!(misdeeds.is_empty(), "{misdeeds:#?}");
    }

    /// Forgets what went wrong so far, since it was meant to.
    pub fn forgive(&self) {
        self.look();
        *self.seen.borrow_mut() = Seen::default();
    }

    fn look(&self) {
        // Whatever happened before the answer to this has been told by then.
        let _ = self.try_eval("1");
        let mut tools = self.tools.borrow_mut();
        let mut seen = self.seen.borrow_mut();
        for event in tools.events() {
            if event.session.as_deref() == Some(&self.session) {
                note(&event, &mut seen);
            } else {
                // Another page's: it asks for itself.
                tools.keep_event(event);
            }
        }
    }
}

fn note(event: &Event, seen: &mut Seen) {
    let params = &event.params;
    match event.method.as_str() {
        "Network.requestWillBeSent" => {
            let url = params["request"]["url"].as_str().unwrap();
            seen.requests.insert(url.to_owned());
        }
        "Network.webSocketCreated" => {
            let url = params["url"].as_str().unwrap();
            seen.requests.insert(url.to_owned());
        }
        "Runtime.exceptionThrown" => {
            seen.complaints
                .push(format!("throws {}", params["exceptionDetails"]));
        }
        "Runtime.consoleAPICalled"
            if matches!(
                params["type"].as_str(),
                Some("error" | "warning" | "assert")
            ) =>
        {
            seen.complaints.push(format!("says {}", params["args"]));
        }
        "Log.entryAdded"
            if matches!(params["entry"]["level"].as_str(), Some("error" | "warning")) =>
        {
            let entry = &params["entry"];
            seen.complaints
                .push(format!("logs {} {}", entry["text"], entry["url"]));
        }
        "Audits.issueAdded" if params["issue"]["code"] == "ContentSecurityPolicyIssue" => {
            seen.complaints
                .push(format!("breaks its policy: {}", params["issue"]["details"]));
        }
        _ => {}
    }
}

fn stays_here(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else {
        return false;
    };
    match scheme {
        "data" | "about" => true,
        "blob" => stays_here(rest),
        "http" | "ws" => {
            let host = rest.trim_start_matches('/').split(['/', '?', '#']).next();
            host.is_some_and(|host| host == "127.0.0.1" || host.starts_with("127.0.0.1:"))
        }
        _ => false,
    }
}

/// An expression: a promise of whether another is true within a moment. The page looks by itself, so that
/// not every look is a way through the whole browser and back.
fn waits_for(expression: &str) -> String {
    let (pause, looks) = (LOOK.as_millis(), LOOKS);
    format!(
        "new Promise(done => {{ let left = {looks}; const look = () => {{ let is = false; \
         try {{ is = !!({expression}); }} catch {{}} \
         if (is || --left < 0) done(is); else setTimeout(look, {pause}); }}; look(); }})"
    )
}

/// An expression: whether something of this selector takes room on the page and is not hidden.
fn visible(selector: &str) -> String {
    format!(
        "[...document.querySelectorAll({})].some(element => element.checkVisibility(\
         {{visibilityProperty: true, opacityProperty: true}}) && element.getClientRects().length > 0)",
        json!(selector)
    )
}

#[cfg(test)]
mod tests {
    use super::stays_here;

    #[test]
    fn only_this_machine_is_here() {
        for url in [
            "http://127.0.0.1:8480/",
            "ws://127.0.0.1:8480/v1/socket",
            "data:image/png;base64,AA==",
            "blob:http://127.0.0.1:1/x",
            "about:blank",
        ] {
            assert!(stays_here(url), "{url}");
        }
        for url in [
            "http://127.0.0.1.example.test/",
            "http://example.test/127.0.0.1",
            "https://fonts.example.test/a",
            "blob:https://example.test/x",
            "ftp://127.0.0.1/",
            "",
        ] {
            assert!(!stays_here(url), "{url}");
        }
    }
}
