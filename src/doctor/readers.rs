//! The readers, and who holds them.

use super::Finding;
use super::Heard;
use super::Lying;
use super::Machine;
use super::kernel;
use super::process;

pub(super) fn examine(machine: &Machine) -> Vec<Finding> {
    let Heard::Readers(readers) = &machine.heard else {
        return vec![Finding::unknown("doctor.reader_unknown")];
    };
    if readers.is_empty() {
        let interfaces = kernel::interfaces(machine);
        let plugged = interfaces.iter().find(|interface| interface.is_reader());
        return vec![match plugged {
            Some(interface) => Finding::problem("doctor.reader_unlisted")
                .about(interface.product.clone())
                .mend("sudo systemctl restart pcscd.service; journalctl --unit pcscd --lines 50"),
            None => Finding::problem("doctor.reader_none").mend("lsusb; cancuoc readers"),
        }];
    }
    let mut findings = Vec::new();
    for reader in readers {
        findings.push(match reader.card {
            Lying::Free => Finding::ok("doctor.reader_ok").about(reader.name.clone()),
            Lying::Mute => Finding::warning("doctor.reader_mute").about(reader.name.clone()),
            Lying::InUse => {
                let programs = process::users_of_pcsc(machine);
                let finding = Finding::warning("doctor.reader_in_use");
                match programs.is_empty() {
                    true => finding
                        .about(reader.name.clone())
                        .mend("sudo cancuoc doctor"),
                    false => finding.about(format!("{}: {}", reader.name, programs.join(", "))),
                }
            }
        });
    }
    findings
}
