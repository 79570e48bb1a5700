//! What an executable runs on. Also compiled into the build script, which checks the function before it embeds it.

use std::error::Error;

use object::Endianness;
use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64};
use object::read::elf::{FileHeader as _, SectionHeader as _};

/// The C library of Amazon Linux 2023, on which Lambda's provided.al2023 and CodeBuild's standard images run:
/// <https://docs.aws.amazon.com/linux/al2023/ug/glibc-gcc-and-binutils.html>.
const NEWEST_GLIBC: (u32, u32) = (2, 34);

/// Checks that an ELF executable runs on Amazon Linux 2023, and returns its architecture as Lambda names it: `x86_64` or
/// `arm64`. `name` is what errors call the executable.
///
/// # Errors
/// When it is no ELF executable, is for another processor, or needs a newer glibc.
pub(crate) fn architecture(
    name: &str,
    executable: &[u8],
) -> Result<&'static str, Box<dyn Error + Send + Sync>> {
    let header = FileHeader64::<Endianness>::parse(executable)
        .map_err(|_| format!("{name} is not a 64-bit ELF executable for Linux"))?;
    let endian = header.endian()?;
    let architecture = match header.e_machine(endian) {
        EM_X86_64 => "x86_64",
        EM_AARCH64 => "arm64",
        other => {
            return Err(format!(
                "{name} is for the ELF machine {}, not for x86_64 or arm64",
                other.0
            )
            .into());
        }
    };
    let newest = needed_glibc(header, endian, executable)?.into_iter().max();
    match newest {
        Some(needed) if needed > NEWEST_GLIBC => Err(format!(
            "{name} needs glibc {}.{}, and Amazon Linux 2023 has {}.{}",
            needed.0, needed.1, NEWEST_GLIBC.0, NEWEST_GLIBC.1
        )
        .into()),
        _ => Ok(architecture),
    }
}

/// The glibc versions that the executable's symbols ask for (`.gnu.version_r`).
fn needed_glibc(
    header: &FileHeader64<Endianness>,
    endian: Endianness,
    executable: &[u8],
) -> Result<Vec<(u32, u32)>, Box<dyn Error + Send + Sync>> {
    let sections = header.sections(endian, executable)?;
    let mut versions = Vec::new();
    for section in sections.iter() {
        let Some((mut needs, strings)) = section.gnu_verneed(endian, executable)? else {
            continue;
        };
        let strings = sections.strings(endian, executable, strings)?;
        while let Some((_, mut auxiliaries)) = needs.next()? {
            while let Some(auxiliary) = auxiliaries.next()? {
                let name = std::str::from_utf8(auxiliary.name(endian, strings)?)?;
                versions.extend(name.strip_prefix("GLIBC_").and_then(parse_version));
            }
        }
    }
    Ok(versions)
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
        _ => None,
    }
}
