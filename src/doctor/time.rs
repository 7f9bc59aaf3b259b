//! The clock and the time zone. Without the right day, no date on a card can be judged.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Finding;
use super::Machine;
use super::Trust;
use crate::verify::WRITTEN;

/// How far a clock may lag behind a signed time.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// Years after which nobody runs this build any more: a clock there is wrong.
const YEARS: i16 = 20;

/// Where Viet Nam's time stands, in seconds east of Greenwich.
const VIET_NAM: i32 = 7 * 60 * 60;

/// Sets the clock by the network from now on.
const SET: &str = "sudo timedatectl set-ntp true && timedatectl";

pub(super) fn examine(machine: &Machine) -> Vec<Finding> {
    vec![clock(machine), set(machine), zone(machine)]
}

fn clock(machine: &Machine) -> Finding {
    let now = machine.now;
    let today: Date = TimeZone::UTC.to_datetime(now).date();
    let shown = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let newest = match &machine.trust {
        Trust::Read { newest, .. } => *newest,
        Trust::Unreadable(_) => None,
    };
    let behind = newest.filter(|newest| newest.duration_since(now) > TOLERANCE);
    match behind {
        _ if today < WRITTEN => Finding::problem("doctor.clock_past")
            .about(format!("{} < {WRITTEN}", shown(now)))
            .mend(SET),
        _ if today.year() > WRITTEN.year() + YEARS => Finding::problem("doctor.clock_future")
            .about(shown(now))
            .mend(SET),
        Some(newest) => Finding::problem("doctor.clock_behind")
            .about(format!("{} < {}", shown(now), shown(newest)))
            .mend(SET),
        None => Finding::ok("doctor.clock_ok").about(shown(now)),
    }
}

/// Whether something keeps the clock right.
fn set(machine: &Machine) -> Finding {
    let arguments = ["show", "--property=NTPSynchronized", "--value"];
    match (machine.run)("timedatectl", &arguments).as_deref() {
        Some("yes") => Finding::ok("doctor.clock_set"),
        Some("no") => Finding::warning("doctor.clock_unset").mend(SET),
        _ => Finding::unknown("doctor.clock_unsaid").mend("timedatectl"),
    }
}

fn zone(machine: &Machine) -> Finding {
    match &machine.zone {
        Some((VIET_NAM, name)) => Finding::ok("doctor.zone_ok").about(name.clone()),
        Some((offset, name)) => {
            let sign = if *offset < 0 { '-' } else { '+' };
            let minutes = Duration::from_secs(offset.unsigned_abs().into()).as_secs() / 60;
            Finding::warning("doctor.zone_other")
                .about(format!(
                    "{name} ({sign}{:02}:{:02})",
                    minutes / 60,
                    minutes % 60
                ))
                .mend("sudo timedatectl set-timezone Asia/Ho_Chi_Minh")
        }
        None => Finding::unknown("doctor.zone_unknown").mend("timedatectl"),
    }
}
