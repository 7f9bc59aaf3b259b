//! News of the readers, written down on their way to the desk.

use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;

use crate::agent::ops::log::Happening;
use crate::agent::ops::log::Log;
use crate::agent::ops::metrics::Metrics;
use crate::agent::slots::News;
use crate::agent::slots::Service;
use crate::agent::vital::Vital;
use crate::error::Error;
use crate::error::TransportError;

/// Passes the news of the readers on, and writes down what concerns the readers themselves.
///
/// # Errors
/// [`TransportError::Failed`] when the system gives no thread.
pub fn overhear(
    news: Receiver<News>,
    metrics: Arc<Metrics>,
    log: Arc<Log>,
    vital: &Vital,
) -> Result<Receiver<News>, Error> {
    let (on, passed) = mpsc::channel();
    let listening = thread::Builder::new().name("overhear".to_owned());
    let vital = vital.guard("overhear");
    let spawned = listening.spawn(move || {
        let _vital = vital;
        let mut away = false;
        for one in news {
            match &one {
                News::Attached { slot, name, .. } => log.tell(&Happening::ReaderAttached {
                    reader: &slot.to_string(),
                    name,
                }),
                News::Detached { slot } => log.tell(&Happening::ReaderDetached {
                    reader: &slot.to_string(),
                }),
                News::Service(Service::Down(_)) if !away => {
                    away = true;
                    log.tell(&Happening::ServiceLost);
                }
                News::Service(Service::Up) if away => {
                    away = false;
                    metrics.service_restarted();
                    log.tell(&Happening::ServiceBack);
                }
                _ => {}
            }
            if on.send(one).is_err() {
                return;
            }
        }
    });
    match spawned {
        Ok(_) => Ok(passed),
        Err(_) => Err(TransportError::Failed { code: 0 }.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use crate::agent::ops::log::Level;
    use crate::agent::ops::metrics::Gauges;
    use crate::agent::slots::Material;
    use crate::agent::slots::SlotId;

    use super::*;

    #[test]
    fn a_service_that_comes_back_is_counted_once() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&written);
        let log = Arc::new(Log::to(Level::Agent, move |lines| {
            theirs.lock().unwrap().extend_from_slice(lines);
        }));
        let metrics = Arc::new(Metrics::default());
        let (say, news) = mpsc::channel();
        let passed = overhear(
            news,
            Arc::clone(&metrics),
            Arc::clone(&log),
            &Vital::default(),
        )
        .unwrap();
        let down = || News::Service(Service::Down(TransportError::NoService.into()));
        let up = || News::Service(Service::Up);
        let slot = SlotId(1);
        let attached = News::Attached {
            slot,
            name: "ACME".to_owned(),
            material: Material::Real,
        };
        for one in [
            up(),
            attached,
            down(),
            down(),
            News::Detached { slot },
            up(),
            up(),
        ] {
            say.send(one).unwrap();
        }
        drop(say);
        assert_eq!(passed.iter().count(), 7);
        let text = metrics.text(&Gauges::default());
        assert!(
            text.contains("\ncancuoc_agent_pcscd_restarts_total 1\n"),
            "{text}"
        );
        // The thread lets go of the log a moment after the news have ended.
        while Arc::strong_count(&log) > 1 {
            thread::yield_now();
        }
        drop(log);
        let lines = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        for event in [
            "reader_attached",
            "reader_detached",
            "service_lost",
            "service_back",
        ] {
            assert_eq!(lines.matches(event).count(), 1, "{lines}");
        }
    }
}
