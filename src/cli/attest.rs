//! Signing reports, checking those of other machines, and the device's key.

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::arguments;
use crate::cli::arguments::Format;
use crate::cli::arguments::read::Attest;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::cli::portrait::resolved;
use crate::cli::save::Saving;
use crate::crypto::random::System;
use crate::error::AttestError;
use crate::error::Error;
use crate::error::SetupError;
use crate::seal::key::DeviceKey;
use crate::seal::key::DevicePublic;
use crate::seal::key::Exposure;
use crate::seal::sign::sign;

/// What becomes of a report beside being shown: signed, written into a file, both or neither.
pub(super) struct Signing {
    key: Option<DeviceKey>,
    saving: Option<Saving>,
}

impl Signing {
    /// Neither.
    pub(super) const fn none() -> Self {
        Self {
            key: None,
            saving: None,
        }
    }

    /// Loads the key and begins the file, before a card is read. `taken` are the other files that
    /// the command reads or writes.
    ///
    /// # Errors
    /// [`AttestError`] for the key, and for a signature that would go nowhere;
    /// [`SetupError::OutputUnwritable`].
    pub(super) fn begin(
        request: &Attest,
        taken: &[Option<&Path>],
        settings: &Settings,
        out: &Output,
    ) -> Result<Self, SetupError> {
        let carried = out.format == Format::Json || request.report.is_some();
        if request.sign.is_some() && !carried {
            return Err(AttestError::Nowhere.into());
        }
        // A key in the configuration is for whatever can carry a signature.
        let path = request.sign.as_deref().or(settings.sign.as_deref());
        let path = path.filter(|_| carried);
        let key = path.map(DeviceKey::load).transpose()?;
        if key
            .as_ref()
            .is_some_and(|key| key.exposure() == Exposure::Shared)
        {
            out.remark(
                "Khóa thiết bị không chỉ riêng tài khoản này đọc được; nên đặt quyền 0600 cho tệp khóa.",
                "The device key can be read by other accounts; give its file the permissions 0600.",
            );
        }
        let place = |report: &Path| {
            let own = resolved(report);
            let mut others = taken.iter().flatten().copied().chain(path);
            if others.any(|other| resolved(other) == own) {
                return Err(SetupError::OutputUnwritable {
                    path: report.display().to_string(),
                });
            }
            Saving::begin(report)
        };
        Ok(Self {
            key,
            saving: request.report.as_deref().map(place).transpose()?,
        })
    }

    /// The report as it goes to standard output, once it is signed and written.
    ///
    /// # Errors
    /// What keeps it from being signed or written.
    pub(super) fn finish(self, report: Value) -> Result<Value, Error> {
        let report = match &self.key {
            Some(key) => sign(report, key, Timestamp::now())?,
            None => report,
        };
        if let Some(saving) = self.saving {
            saving.finish(format!("{report:#}\n").as_bytes())?;
        }
        Ok(report)
    }
}

/// Makes a device key, or says how others know it.
pub(super) fn device_key(request: &arguments::DeviceKey, out: &Output) -> Result<Ended, Error> {
    let public = match request {
        arguments::DeviceKey::New { file } => {
            let public = DeviceKey::create(file, &mut System)?;
            out.remark(
                "Đã tạo khóa thiết bị. Hãy đưa khóa công khai dưới đây cho người sẽ kiểm tra báo cáo.",
                "A device key was made. Give the public key below to whoever will check the reports.",
            );
            public
        }
        arguments::DeviceKey::Show { file } => match DevicePublic::load(file) {
            Ok(public) => public,
            Err(_) => DeviceKey::load(file)
                .map_err(SetupError::from)?
                .public()
                .clone(),
        },
    };
    let pem = public.pem();
    let (id, algorithm) = (public.id().to_string(), public.algorithm().name());
    out.answer(
        &format!("SHA-256  {id}\n{algorithm}\n{pem}"),
        &json!({
            "schema": "cancuoc.device_key/1",
            "sha256": id,
            "algorithm": algorithm,
            "public_key": pem,
        }),
    )?;
    Ok(Ended::Done)
}
