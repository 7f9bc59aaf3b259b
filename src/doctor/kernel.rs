//! Drivers of the kernel that take a reader before pcscd can.

use std::fs;
use std::path::Path;

use super::Finding;
use super::Machine;
use super::entries;
use super::name_of;
use super::small;

/// Drivers of the kernel's own NFC that hold readers which pcscd should have: PN533 inside of ACR122U
/// and its kin, and Sony's RC-S380.
const DRIVERS: [&str; 4] = ["pn533_usb", "pn533", "port100", "nfcmrvl_usb"];

/// The file that keeps them away.
const BLACKLIST: &str = "/etc/modprobe.d/cancuoc-nfc.conf";

/// The class of smart card interfaces on USB (Smart Card CCID: bInterfaceClass 0Bh).
const SMART_CARD: &str = "0b";

pub(super) fn examine(machine: &Machine) -> Vec<Finding> {
    let modules = machine.text("/proc/modules").unwrap_or_default();
    let loaded: Vec<&str> = modules
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|module| DRIVERS.contains(module))
        .collect();
    let taken: Vec<String> = interfaces(machine)
        .into_iter()
        .filter(|interface| DRIVERS.contains(&interface.driver.as_str()))
        .map(|interface| format!("{}: {}", interface.product, interface.driver))
        .collect();
    let mend = || {
        let lines: Vec<String> = DRIVERS
            .iter()
            .map(|one| format!("blacklist {one}"))
            .collect();
        format!(
            "printf '%s\\n' '{}' | sudo tee {BLACKLIST} && sudo modprobe -r {}",
            lines.join("' '"),
            loaded.join(" ")
        )
    };
    vec![match (taken.is_empty(), loaded.is_empty()) {
        (false, _) => Finding::problem("doctor.kernel_took")
            .about(taken.join(", "))
            .mend(mend()),
        (true, false) => Finding::warning("doctor.kernel_loaded")
            .about(loaded.join(", "))
            .mend(mend()),
        (true, true) => Finding::ok("doctor.kernel_ok"),
    }]
}

/// An interface of a USB device.
pub(super) struct Interface {
    /// What the device is called.
    pub(super) product: String,
    /// The driver of the kernel that has it; empty without.
    pub(super) driver: String,
    /// Whether it is one for smart cards.
    pub(super) class: String,
}

impl Interface {
    /// Whether pcscd should list it.
    pub(super) fn is_reader(&self) -> bool {
        self.class == SMART_CARD
    }
}

/// The interfaces of all USB devices (`/sys/bus/usb/devices`).
pub(super) fn interfaces(machine: &Machine) -> Vec<Interface> {
    let folder = machine.path("/sys/bus/usb/devices");
    let all = entries(&folder).unwrap_or_default();
    let line = |path: &Path| small(path).unwrap_or_default().trim().to_owned();
    all.iter()
        .filter_map(|path| {
            let name = name_of(path);
            let (device, _) = name.split_once(':')?;
            let driver = fs::read_link(path.join("driver"));
            Some(Interface {
                product: line(&folder.join(device).join("product")),
                driver: driver.map(|path| name_of(&path)).unwrap_or_default(),
                class: line(&path.join("bInterfaceClass")),
            })
        })
        .collect()
}
