//! Commands and responses of ISO/IEC 7816-4, built and taken apart with the `iso7816` crate.

mod command;
mod response;

pub use command::Command;
pub use command::EXTENDED_EXPECTED;
pub use command::Form;
pub use command::SHORT_DATA;
pub use command::SHORT_EXPECTED;
pub use command::ins;
pub use response::Response;
pub use response::Status;
