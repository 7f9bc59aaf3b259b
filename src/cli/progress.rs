//! A progress bar, on a terminal only.

use std::io::IsTerminal;
use std::io::Write;
use std::io::stderr;
use std::time::Duration;

use indicatif::ProgressBar;
use indicatif::ProgressStyle;

use crate::cli::config::Quiet;
use crate::cli::output::Output;
use crate::reader::Progress;
use crate::render::words;
use crate::render::words::Labelled;
use crate::render::words::Lang;

/// Shows how far a read has come.
pub(crate) struct Bar {
    bar: ProgressBar,
    lang: Lang,
    quiet: Quiet,
}

impl Bar {
    pub(crate) fn new(out: &Output) -> Self {
        let bar = if out.quiet == Quiet::No && stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:20} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        } else {
            ProgressBar::hidden()
        };
        Self {
            bar,
            lang: out.lang,
            quiet: out.quiet,
        }
    }

    pub(crate) fn step(&self, progress: &Progress<'_>) {
        let say = |vi: &'static str, en: &'static str| self.lang.choose(vi, en);
        match progress {
            Progress::Opening => self.bar.set_message(say("Đang mở thẻ", "Opening the card")),
            Progress::Opened => self.bar.set_message(say("Đã mở thẻ", "The card is open")),
            Progress::File { file, index, count } => {
                let name = file.name();
                let label = words::label(Labelled::File, &name, self.lang).unwrap_or(&name);
                self.bar
                    .set_length(u64::try_from(*count).unwrap_or(u64::MAX));
                self.bar
                    .set_position(u64::try_from(*index).unwrap_or(u64::MAX));
                self.bar.set_message(label.to_owned());
            }
            Progress::Text(_) => {}
            Progress::Proving => self
                .bar
                .set_message(say("Đang kiểm tra chip", "Checking the chip")),
            Progress::Lost { within } => self.lost(*within),
            Progress::Found => self.bar.set_message(say(
                "Đã thấy thẻ, đang đọc tiếp",
                "The card is back, going on",
            )),
            Progress::Verifying => self.bar.set_message(say(
                "Đang xác minh dữ liệu đã đọc",
                "Verifying what was read",
            )),
            Progress::Asking => self.bar.set_message(say(
                "Đang chờ sổ đăng ký trả lời",
                "Waiting for the registry",
            )),
        }
    }

    /// Tells the person to put the card back, also where there is no bar.
    fn lost(&self, within: Duration) {
        let seconds = within.as_secs();
        let line = match self.lang {
            Lang::Vi => format!("Mất liên lạc với thẻ. Vui lòng đặt lại thẻ trong {seconds} giây."),
            Lang::En => format!("The card was lost. Put it back within {seconds} seconds."),
        };
        if !self.bar.is_hidden() {
            self.bar.println(line);
        } else if self.quiet == Quiet::No {
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(stderr(), "{line}");
        }
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
