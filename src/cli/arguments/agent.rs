//! The agent: serving pages, and who may ask.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;

/// The service, or what keeps its door.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Agent {
    #[command(subcommand)]
    pub(crate) access: Option<Access>,
    #[command(flatten)]
    pub(crate) serve: ServeAgent,
}

/// How the service runs; what is not said stands in table `agent` of the configuration.
#[derive(Debug, Args)]
pub(crate) struct ServeAgent {
    /// Where to listen: a loopback address; port 0 is any free one [default: 127.0.0.1:8480]
    #[arg(long, value_name = "ADDRESS", env = "CANCUOC_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,
    /// In place of the readers of this machine, one with the virtual card of this persona: a name that
    /// `sim personas` lists, or a TOML file; may repeat
    #[arg(long = "virtual", value_name = "PERSONA")]
    pub(crate) personas: Vec<String>,
    /// Let pages of this origin ask, too, once they are paired; may repeat
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) origin: Vec<String>,
    /// Folder for tokens, codes, the device key and the audit log [default: that of the system or user]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
}

/// Who may ask the service.
#[derive(Debug, Subcommand)]
pub(crate) enum Access {
    /// Show a code with which a page or program gets a token, once
    Pair {
        /// Folder of the service [default: that of the system or user]
        #[arg(long, value_name = "DIR")]
        state: Option<PathBuf>,
    },
    /// The tokens that were given out
    Tokens {
        /// List them, or revoke one [default: list]
        #[command(subcommand)]
        what: Option<Tokens>,
        /// Folder of the service [default: that of the system or user]
        #[arg(long, global = true, value_name = "DIR")]
        state: Option<PathBuf>,
    },
    /// Print the policy with which a managed browser lets sites speak with this machine, and say where it
    /// belongs
    BrowserPolicy {
        /// Which browser
        browser: Browser,
        /// For this origin, too, beside those of the configuration; may repeat
        #[arg(long, value_name = "ORIGIN")]
        origin: Vec<String>,
    },
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Tokens {
    /// List them: names, origins and ends, never the tokens themselves
    List,
    /// End one; whoever uses it is cut off
    Revoke {
        /// Its name, as `list` has it
        id: String,
    },
}

/// A browser that can be managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Browser {
    /// Google Chrome and Chromium
    Chrome,
    /// Microsoft Edge
    Edge,
    /// Mozilla Firefox
    Firefox,
}
