//! How the report calls what is odd about faces, fingers and irises (docs/deviations.md has the rows).

use crate::lds::DataGroup;
use crate::lds::biometrics::Oddity;

/// The code of an oddity in this group.
pub(super) fn code(group: DataGroup, oddity: Oddity) -> &'static str {
    match oddity {
        Oddity::HeaderAbsent => "deviation.biometric_header_absent",
        Oddity::HeaderElement => "deviation.biometric_header",
        Oddity::FormatOwnerAbsent => "deviation.biometric_owner_absent",
        Oddity::FormatOwner => "deviation.biometric_owner",
        Oddity::FormatTypeAbsent => "deviation.biometric_format_absent",
        Oddity::FormatType => "deviation.biometric_format",
        Oddity::FormatTypeOutdated => "deviation.biometric_format_outdated",
        Oddity::BiometricType => "deviation.biometric_type",
        Oddity::SubtypeAbsent => "deviation.biometric_subtype_absent",
        Oddity::Subtype => "deviation.biometric_subtype",
        Oddity::Lengths => "deviation.biometric_lengths",
        Oddity::Count => "deviation.biometric_count",
        Oddity::ImageType if group == DataGroup::DG2 => "deviation.portrait_type",
        Oddity::ImageType => "deviation.biometric_image_type",
        Oddity::Gender => "deviation.face_gender",
        Oddity::EyeColour => "deviation.face_eye_colour",
        Oddity::HairColour => "deviation.face_hair_colour",
        Oddity::PoseAngle => "deviation.face_pose",
        Oddity::PoseUncertainty => "deviation.face_pose_uncertainty",
        Oddity::FaceImageType => "deviation.face_image_type",
        Oddity::FaceCode => "deviation.face_code",
        Oddity::FingerCode => "deviation.finger_code",
        Oddity::IrisCode => "deviation.iris_code",
    }
}
