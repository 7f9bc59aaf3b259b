//! What of PC/SC is installed on this machine.

use std::env;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::error::BenchError;

/// Where Debian and Ubuntu keep the service, which is in a folder outside everybody's search path.
const SERVICE: &str = "/usr/sbin/pcscd";

/// Where Debian and Ubuntu keep the driver.
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

/// Where Debian and Ubuntu keep the configuration that names the driver.
const CONFIGURATION: &str = "/etc/reader.conf.d/vpcd";

/// Where the system's service listens.
const SOCKET: &str = "/run/pcscd/pcscd.comm";

/// Where libpcsclite looks for another service.
pub(super) const SOCKET_NAME: &str = "PCSCLITE_CSOCK_NAME";

/// The service.
///
/// # Errors
/// [`BenchError::ServiceMissing`].
pub(super) fn service() -> Result<PathBuf, BenchError> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join("pcscd"))
        .chain([SERVICE.into()])
        .find(|file| file.is_file())
        .ok_or(BenchError::ServiceMissing)
}

/// The driver, where its own configuration says, or where Debian and Ubuntu put it.
///
/// # Errors
/// [`BenchError::DriverMissing`].
pub(super) fn driver() -> Result<PathBuf, BenchError> {
    let configured = fs::read_to_string(CONFIGURATION).unwrap_or_default();
    configured
        .lines()
        .filter_map(|line| line.trim().strip_prefix("LIBPATH"))
        .map(|path| PathBuf::from(path.trim()))
        .chain([DRIVER.into()])
        .find(|file| file.is_file())
        .ok_or(BenchError::DriverMissing)
}

/// Whether this pcscd must be told not to ask polkit; only those that can ask know the option.
pub(super) fn knows_polkit(service: &Path) -> bool {
    let output = Command::new(service).arg("--help").output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("--disable-polkit"))
}

/// Why nothing listens where a virtual reader of this machine should, as far as looking tells: the
/// service or the driver is missing, or the service does not run. `None` when all are there.
pub fn why_no_reader(address: &str) -> Option<BenchError> {
    if let Err(error) = service().and_then(|_| driver()) {
        return Some(error);
    }
    let socket = env::var_os(SOCKET_NAME).map_or_else(|| SOCKET.into(), PathBuf::from);
    UnixStream::connect(socket)
        .is_err()
        .then(|| BenchError::ServiceStopped {
            address: address.to_owned(),
        })
}
