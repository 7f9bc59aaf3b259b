//! `registry serve`: the registry's own server.

use crate::cli::Ended;
use crate::cli::arguments::registry::ServeRegistry;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::error::Error;
#[cfg(not(feature = "serve"))]
use crate::error::SetupError;

/// Serves until a signal says to stop. Says in one line of JSON where it listens.
#[cfg(feature = "serve")]
pub(super) fn run(
    request: &ServeRegistry,
    settings: &Settings,
    out: &Output,
) -> Result<Ended, Error> {
    serving::run(request, settings, out)
}

/// This build has no server.
#[cfg(not(feature = "serve"))]
pub(super) fn run(_: &ServeRegistry, _: &Settings, _: &Output) -> Result<Ended, Error> {
    Err(SetupError::NotBuilt {
        feature: "registry server",
    }
    .into())
}

#[cfg(feature = "serve")]
mod serving {
    use std::io::Write as _;
    use std::io::stderr;
    use std::panic;

    use serde_json::json;

    use crate::cli::Ended;
    use crate::cli::arguments::registry::ServeRegistry;
    use crate::cli::config::Settings;
    use crate::cli::output::Output;
    use crate::error::Error;
    use crate::error::SetupError;
    use crate::registry::server::Server;
    use crate::registry::server::config;
    use crate::registry::server::config::Overrides;
    use crate::registry::server::config::Purpose;

    pub(super) fn run(
        request: &ServeRegistry,
        settings: &Settings,
        out: &Output,
    ) -> Result<Ended, Error> {
        // Whatever a fault of the program would say, it could hold something of a question.
        panic::set_hook(Box::new(|fault| {
            let place = fault.location().map(ToString::to_string);
            let line = json!({"event": "panic", "what": place.unwrap_or_default()});
            let _ = writeln!(stderr(), "{line}");
        }));
        let over = overrides(request, settings);
        let again = || config::Settings::gather(request.config.as_deref(), &over);
        let server = Server::start(again().map_err(SetupError::from)?)?;
        let listening = server.listening();
        out.line(&json!({
            "schema": "cancuoc.registry_server/1",
            "address": listening.address.to_string(),
            "status": listening.status.map(|address| address.to_string()),
            "key_sha256": listening.key.to_string(),
            "purpose": match over.purpose {
                Purpose::Service => "service",
                Purpose::Test => "test",
            },
        }))?;
        server.run(again).map_err(SetupError::from)?;
        Ok(Ended::Done)
    }

    fn overrides(request: &ServeRegistry, settings: &Settings) -> Overrides {
        Overrides {
            listen: request.listen.clone(),
            status: request.status.clone(),
            registry: settings.own_register.clone(),
            certificate: request.certificate.clone(),
            key: request.key.clone(),
            clients: request.clients.clone(),
            signing_key: request.signing_key.clone(),
            audit: request.audit.clone(),
            chaos: request.chaos.clone(),
            purpose: match request.test {
                true => Purpose::Test,
                false => Purpose::Service,
            },
        }
    }
}
