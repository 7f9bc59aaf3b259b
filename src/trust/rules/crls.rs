//! Which revocation lists get in: whole ones, that an authority of the store signed, and that are no
//! older than the one in place.

use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::name;
use crate::trust::change;
use crate::trust::change::Skip;
use crate::trust::holding::Holding;
use crate::trust::holding::sha256;
use crate::trust::index::Confirmed;
use crate::trust::index::Kind;
use crate::trust::rules::Origin;
use crate::trust::rules::Plan;

/// Most authorities of one name whose key is tried.
const MAX_CANDIDATES: usize = 64;

impl Plan<'_> {
    /// A revocation list.
    pub(super) fn crl(
        &mut self,
        crl: &Crl,
        holding: &Holding,
        origin: &Origin,
    ) -> Result<(), TrustError> {
        if self.has(&holding.sha256()) {
            self.skip(change::item(holding), Skip::Present);
            return Ok(());
        }
        let what = || format!("{} ({})", crl.issuer_text(), holding.place);
        // RFC 5280 §5.2: delta lists and those for some certificates say so in a critical extension.
        // One of them in the place of a whole list would hide what that one revokes.
        if !crl.unknown_critical().is_empty() {
            return Err(TrustError::CrlPartial { what: what() });
        }
        let authorities = self.authorities(crl);
        if authorities.is_empty() {
            return Err(TrustError::CrlForeign { what: what() });
        }
        let Some(authority) = authorities
            .iter()
            .take(MAX_CANDIDATES)
            .find(|authority| crl.verify(authority).is_ok())
        else {
            return Err(TrustError::CrlUnsigned { what: what() });
        };
        let confirmed = Confirmed::Signature(*authority.fingerprint());
        // Several authorities, and several keys of one, may have a name in common.
        let key = hex::encode(sha256(authority.public_key_info()));
        let publisher = format!("{} {key}", authority.subject_text());
        let dated = Some(crl.this_update());
        self.dated(Kind::Crl, &publisher, holding, dated, crl.number())?;
        self.put_in_place(Kind::Crl, &publisher, holding, origin, confirmed)?;
        self.refresh();
        Ok(())
    }

    /// The authorities of the store that have the name of a list's issuer and may sign lists.
    fn authorities(&self, crl: &Crl) -> Vec<Certificate> {
        let Some(country) = name::country(crl.issuer()) else {
            return Vec::new();
        };
        let anchors = self
            .store
            .anchors_for(&country)
            .map(|anchor| &anchor.certificate);
        anchors
            .filter(|authority| crl.is_issued_by(authority))
            .filter(|authority| authority.key_usage().is_none_or(|usage| usage.crl_sign))
            .cloned()
            .collect()
    }
}
