//! JSON numbers by their digits.

/// A JSON number: a sign, its significant digits, and the power of ten of the last one. Two numbers are equal if they
/// are the same number, however they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    is_negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: String,
    /// Saturates where it does not fit.
    exponent: i64,
}

impl Number {
    /// Reads a number that is valid JSON.
    pub(super) fn parse(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (is_negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(mantissa) => (true, mantissa),
            None => (false, mantissa),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let until_last = all.trim_end_matches('0');
        let digits = until_last.trim_start_matches('0');
        if digits.is_empty() {
            return Self {
                is_negative: false,
                digits: String::new(),
                exponent: 0,
            };
        }
        let power = exponent
            .parse::<i64>()
            .unwrap_or(if exponent.starts_with('-') {
                i64::MIN
            } else {
                i64::MAX
            });
        Self {
            is_negative,
            digits: digits.to_owned(),
            exponent: power
                .saturating_sub(count(fraction))
                .saturating_add(count(&all) - count(until_last)),
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// How many significant digits it has.
    pub(super) fn digits(&self) -> usize {
        self.digits.len()
    }

    /// The power of ten of its first digit.
    pub(super) fn magnitude(&self) -> i64 {
        self.exponent.saturating_add(count(&self.digits) - 1)
    }
}

fn count(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for (one, other) in [
            ("100", "1e2"),
            ("-0.0", "0"),
            ("0.10", "1E-1"),
            ("1.50", "15e-1"),
        ] {
            assert_eq!(Number::parse(one), Number::parse(other), "{one} {other}");
        }
        for (one, other) in [
            ("1", "-1"),
            ("1", "10"),
            ("1e99999999999999999999", "1e-99999999999999999999"),
        ] {
            assert_ne!(Number::parse(one), Number::parse(other), "{one} {other}");
        }
    }

    #[test]
    fn the_magnitude_is_that_of_the_first_digit() {
        for (text, magnitude) in [
            ("1", 0),
            ("12.5", 1),
            ("0.001", -3),
            ("1e125", 125),
            ("10e-131", -130),
        ] {
            assert_eq!(Number::parse(text).magnitude(), magnitude, "{text}");
        }
        assert_eq!(
            Number::parse("1e99999999999999999999").magnitude(),
            i64::MAX
        );
    }
}
