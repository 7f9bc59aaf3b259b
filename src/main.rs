//! The program: parses, calls one function, prints, returns an exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    cancuoc::cli::main()
}
