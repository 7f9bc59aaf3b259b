//! States and organizations: the three-letter codes of machine-readable zones (Doc 9303-3 §5)
//! against the two-letter codes of certificates (ISO 3166-1).

/// Both codes of a state and the space after them.
const ROW: usize = 6;

/// ISO 3166-1, each as alpha-3 and alpha-2 in a row.
const ISO_3166: &str = "\
    ABWAW AFGAF AGOAO AIAAI ALAAX ALBAL ANDAD AREAE ARGAR ARMAM ASMAS ATAAQ ATFTF ATGAG \
    AUSAU AUTAT AZEAZ BDIBI BELBE BENBJ BESBQ BFABF BGDBD BGRBG BHRBH BHSBS BIHBA BLMBL \
    BLRBY BLZBZ BMUBM BOLBO BRABR BRBBB BRNBN BTNBT BVTBV BWABW CAFCF CANCA CCKCC CHECH \
    CHLCL CHNCN CIVCI CMRCM CODCD COGCG COKCK COLCO COMKM CPVCV CRICR CUBCU CUWCW CXRCX \
    CYMKY CYPCY CZECZ DEUDE DJIDJ DMADM DNKDK DOMDO DZADZ ECUEC EGYEG ERIER ESHEH ESPES \
    ESTEE ETHET FINFI FJIFJ FLKFK FRAFR FROFO FSMFM GABGA GBRGB GEOGE GGYGG GHAGH GIBGI \
    GINGN GLPGP GMBGM GNBGW GNQGQ GRCGR GRDGD GRLGL GTMGT GUFGF GUMGU GUYGY HKGHK HMDHM \
    HNDHN HRVHR HTIHT HUNHU IDNID IMNIM INDIN IOTIO IRLIE IRNIR IRQIQ ISLIS ISRIL ITAIT \
    JAMJM JEYJE JORJO JPNJP KAZKZ KENKE KGZKG KHMKH KIRKI KNAKN KORKR KWTKW LAOLA LBNLB \
    LBRLR LBYLY LCALC LIELI LKALK LSOLS LTULT LUXLU LVALV MACMO MAFMF MARMA MCOMC MDAMD \
    MDGMG MDVMV MEXMX MHLMH MKDMK MLIML MLTMT MMRMM MNEME MNGMN MNPMP MOZMZ MRTMR MSRMS \
    MTQMQ MUSMU MWIMW MYSMY MYTYT NAMNA NCLNC NERNE NFKNF NGANG NICNI NIUNU NLDNL NORNO \
    NPLNP NRUNR NZLNZ OMNOM PAKPK PANPA PCNPN PERPE PHLPH PLWPW PNGPG POLPL PRIPR PRKKP \
    PRTPT PRYPY PSEPS PYFPF QATQA REURE ROURO RUSRU RWARW SAUSA SDNSD SENSN SGPSG SGSGS \
    SHNSH SJMSJ SLBSB SLESL SLVSV SMRSM SOMSO SPMPM SRBRS SSDSS STPST SURSR SVKSK SVNSI \
    SWESE SWZSZ SXMSX SYCSC SYRSY TCATC TCDTD TGOTG THATH TJKTJ TKLTK TKMTM TLSTL TONTO \
    TTOTT TUNTN TURTR TUVTV TWNTW TZATZ UGAUG UKRUA UMIUM URYUY USAUS UZBUZ VATVA VCTVC \
    VENVE VGBVG VIRVI VNMVN VUTVU WLFWF WSMWS YEMYE ZAFZA ZMBZM ZWEZW";

/// Codes of Doc 9303-3 §5 that are not in ISO 3166-1, and what certificates say instead.
const ICAO: [(&str, &[&str]); 22] = [
    ("D", &["DE"]),
    ("EUE", &["EU"]),
    ("GBD", &["GB"]),
    ("GBN", &["GB"]),
    ("GBO", &["GB"]),
    ("GBP", &["GB"]),
    ("GBS", &["GB"]),
    ("IAO", &["UN"]),
    ("RKS", &["KS", "XK"]),
    ("UNK", &["UN", "KS", "XK"]),
    ("UNO", &["UN"]),
    // Utopia, the state of specimens (Doc 9303-3 §5).
    ("UTO", &["UT"]),
    ("UNA", &["UN"]),
    ("XBA", &["XB"]),
    ("XCC", &["XC"]),
    ("XCE", &["XE", "CE"]),
    ("XCO", &["XC"]),
    ("XEC", &["XE"]),
    ("XOM", &["XO", "OM"]),
    ("XPO", &["XP"]),
    ("XMP", &["XM"]),
    ("ZIM", &["ZW"]),
];

/// Whether a state in a machine-readable zone (fillers left off) and a certificate's country are the
/// same issuer. Upper and lower case count alike.
///
/// ```
/// use cancuoc::bytes::country::{Agreement, compare};
/// assert_eq!(compare("VNM", "vn"), Agreement::Same);
/// assert_eq!(compare("D", "DE"), Agreement::Same);
/// assert_eq!(compare("VNM", "DE"), Agreement::Different);
/// ```
pub fn compare(state: &str, country: &str) -> Agreement {
    let state = state.trim_end_matches('<').to_ascii_uppercase();
    let country = country.to_ascii_uppercase();
    // Some organizations' certificates carry the three-letter code itself.
    if state == country {
        return Agreement::Same;
    }
    let pair = [state.as_bytes(), country.as_bytes()].concat();
    let listed = state.len() == 3
        && ISO_3166
            .as_bytes()
            .chunks(ROW)
            .any(|row| row.trim_ascii_end() == pair);
    let special = ICAO
        .iter()
        .any(|(code, countries)| *code == state && countries.contains(&country.as_str()));
    if listed || special {
        Agreement::Same
    } else {
        Agreement::Different
    }
}

/// Codes of Doc 9303-3 §5 that no certificate has: of persons without a nationality, and of
/// organizations that issue documents without a code of ISO 3166-1.
const OTHERS: [&str; 7] = ["XXA", "XXB", "XXC", "XXX", "XDC", "XES", "XIM"];

/// What a three-letter code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// A state or territory of ISO 3166-1.
    State,
    /// A code of Doc 9303-3 §5 alone: an organization, a kind of nationality, none at all.
    Special,
}

/// What a code (fillers left off, upper case) stands for; `None` where nobody has assigned it.
///
/// ```
/// use cancuoc::bytes::country::{Code, assigned};
/// assert_eq!(assigned("VNM"), Some(Code::State));
/// assert_eq!(assigned("UNO"), Some(Code::Special));
/// assert_eq!(assigned("VNN"), None);
/// ```
pub fn assigned(code: &str) -> Option<Code> {
    let listed = |row: &str| {
        row.split_at_checked(3)
            .is_some_and(|(state, _)| state == code)
    };
    if ISO_3166.split(' ').any(listed) {
        Some(Code::State)
    } else if OTHERS.contains(&code) || ICAO.iter().any(|(special, _)| *special == code) {
        Some(Code::Special)
    } else {
        None
    }
}

/// The two letters of ISO 3166-1 that certificates have, for the three that documents have.
///
/// ```
/// use cancuoc::bytes::country::two_letters;
/// assert_eq!(two_letters("VNM"), Some("VN"));
/// assert_eq!(two_letters("XXX"), None);
/// ```
pub fn two_letters(code: &str) -> Option<&'static str> {
    ISO_3166
        .split(' ')
        .filter_map(|row| row.split_at_checked(3))
        .find_map(|(state, country)| (state == code).then_some(country))
}

/// How two codes compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// The same issuer.
    Same,
    /// Two issuers, or a code that nobody assigned.
    Different,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_one_country() {
        assert_eq!(ISO_3166.split(' ').count(), 249);
        for row in ISO_3166.split(' ') {
            let (state, country) = row.split_at(3);
            assert_eq!(compare(state, country), Agreement::Same);
            assert_eq!(compare(state, "QQ"), Agreement::Different);
        }
        assert_eq!(compare("RKS", "KS"), Agreement::Same);
        assert_eq!(compare("", "VN"), Agreement::Different);
    }
}
