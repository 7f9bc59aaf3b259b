//! Data on standard output, all else on standard error.

use std::io::ErrorKind;
use std::io::Write;
use std::io::stderr;
use std::io::stdout;

use serde_json::Value;

use crate::cli::Refusal;
use crate::cli::arguments::Common;
use crate::cli::arguments::Format;
use crate::cli::config::Manner;
use crate::cli::config::Quiet;
use crate::error::Error;
use crate::error::SetupError;
use crate::render::details::Extent;
use crate::render::json;
use crate::render::text;
use crate::render::words::Lang;

/// Where and how to say things.
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) lang: Lang,
    pub(crate) quiet: Quiet,
    pub(crate) extent: Extent,
}

impl Output {
    pub(crate) const fn new(manner: Manner) -> Self {
        Self {
            format: manner.format,
            lang: manner.lang,
            quiet: manner.quiet,
            extent: manner.extent,
        }
    }

    /// The answer: text or JSON, on standard output.
    ///
    /// # Errors
    /// [`SetupError::OutputUnwritable`] when it does not get there: a lost answer is not a success.
    pub(crate) fn answer(&self, text: &str, json: &Value) -> Result<(), SetupError> {
        match self.format {
            Format::Text => put(text),
            Format::Json => put(&format!("{json:#}\n")),
        }
    }

    /// One line of JSON for programs that wait for it, whatever the format.
    ///
    /// # Errors
    /// [`SetupError::OutputUnwritable`].
    pub(crate) fn line(&self, json: &Value) -> Result<(), SetupError> {
        put(&format!("{json}\n"))
    }

    /// Why nothing could be answered: JSON on standard output for programs, words on standard error
    /// for people.
    pub(crate) fn failure(&self, error: &Error) {
        if self.format == Format::Json {
            // The words on standard error still come.
            let _ = put(&format!("{:#}\n", json::error(error)));
        }
        self.complaint(error);
    }

    /// Why something was refused, with what is meant: in the object of the error for programs, below
    /// the error for people.
    pub(crate) fn refusal(&self, refusal: &Refusal) {
        if self.format == Format::Json {
            let mut whole = json::error(&refusal.error);
            if let Some(error) = whole.get_mut("error").and_then(Value::as_object_mut) {
                error.extend(refusal.facts.clone());
            }
            let _ = put(&format!("{whole:#}\n"));
        }
        self.complaint(&refusal.error);
        let _ = stderr().write_all(refusal.words.as_bytes());
    }

    /// What went wrong after the answer: words on standard error, which leave the answer alone.
    pub(crate) fn complaint(&self, error: &Error) {
        let words = text::error(error, self.lang);
        // Nobody is left to tell when standard error is closed.
        let _ = stderr().write_all(words.as_bytes());
    }

    /// Puts a drawing under an answer in words.
    ///
    /// # Errors
    /// [`SetupError::OutputUnwritable`].
    pub(crate) fn draw(&self, drawing: &str) -> Result<(), SetupError> {
        match self.format {
            Format::Text => put(drawing),
            Format::Json => Ok(()),
        }
    }

    /// A remark for a person.
    pub(crate) fn remark(&self, vi: &str, en: &str) {
        if self.quiet == Quiet::No {
            let _ = writeln!(stderr(), "{}", self.lang.choose(vi, en));
        }
    }
}

/// A reader that closed the pipe wants no more, and that is all right.
fn put(text: &str) -> Result<(), SetupError> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(SetupError::OutputUnwritable {
            path: "standard output".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Sets up logging: nothing unless asked, and never personal data.
pub(crate) fn log_level(common: &Common) {
    log::install(common.verbose);
}

/// A subscriber that writes one line for each event; events carry lengths and codes only.
mod log {
    use std::fmt;
    use std::fmt::Write as _;
    use std::io::Write as _;
    use std::io::stderr;

    use tracing::Event;
    use tracing::Level;
    use tracing::Metadata;
    use tracing::Subscriber;
    use tracing::field::Field;
    use tracing::field::Visit;
    use tracing::span;

    struct Lines(Level);

    pub(super) fn install(verbosity: u8) {
        let level = match verbosity {
            0 => return,
            1 => Level::DEBUG,
            _ => Level::TRACE,
        };
        // Called once, at the start of the program.
        let _ = tracing::subscriber::set_global_default(Lines(level));
    }

    impl Subscriber for Lines {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() <= self.0 && metadata.target().starts_with("cancuoc")
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn event(&self, event: &Event<'_>) {
            let mut line = String::from(event.metadata().target());
            event.record(&mut Fields(&mut line));
            let _ = writeln!(stderr(), "{line}");
        }

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    struct Fields<'a>(&'a mut String);

    impl Visit for Fields<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            let _ = write!(self.0, " {field}={value:?}");
        }
    }
}
