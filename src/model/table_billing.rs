//! How a table is billed, and for which capacity.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::limit::Limit;
use super::text::Invalid;

/// How a table is billed. Source:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-mode.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableBilling {
    /// Per request.
    OnDemand,
    /// For capacity units set aside.
    Provisioned { read: Capacity, write: Capacity },
}

/// The mode alone, as `umb.toml` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BillingMode {
    OnDemand,
    Provisioned,
}

/// The read or write capacity units of a provisioned table: a number, or `{ min, max, target }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capacity {
    Fixed(Limit),
    Scaled(Scaling),
}

/// Between which numbers of units Application Auto Scaling keeps a table, and how. Source:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ScalingTable")]
pub(crate) struct Scaling {
    pub(crate) min: Limit,
    /// At least `min`.
    pub(crate) max: Limit,
    /// How much of the units is to be in use, in percent.
    pub(crate) target: Utilization,
}

/// As it is written.
#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a number of units, or a table with min, max and target"
)]
struct ScalingTable {
    min: Limit,
    max: Limit,
    #[serde(default)]
    target: Utilization,
}

/// A percentage that Application Auto Scaling takes for tables: 20 to 90. Source:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct Utilization(u32);

impl TableBilling {
    pub(crate) fn mode(self) -> BillingMode {
        match self {
            Self::OnDemand => BillingMode::OnDemand,
            Self::Provisioned { .. } => BillingMode::Provisioned,
        }
    }

    /// Read and write capacity, if they are set aside.
    pub(crate) fn capacity(self) -> Option<(Capacity, Capacity)> {
        match self {
            Self::OnDemand => None,
            Self::Provisioned { read, write } => Some((read, write)),
        }
    }
}

impl fmt::Display for TableBilling {
    /// As it would be written in `umb.toml`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnDemand => write!(formatter, "billing = \"on-demand\""),
            Self::Provisioned { read, write } => write!(
                formatter,
                "billing = \"provisioned\", read_capacity = {read}, write_capacity = {write}"
            ),
        }
    }
}

impl Capacity {
    /// The units that a table starts with.
    pub(crate) fn initial(self) -> u32 {
        match self {
            Self::Fixed(units) => units.get(),
            Self::Scaled(scaling) => scaling.min.get(),
        }
    }

    /// How the units change by themselves, if they do.
    pub(crate) fn scaling(self) -> Option<Scaling> {
        match self {
            Self::Fixed(_) => None,
            Self::Scaled(scaling) => Some(scaling),
        }
    }
}

impl Default for Capacity {
    fn default() -> Self {
        Self::Fixed(Limit(5))
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(units) => write!(formatter, "{}", units.get()),
            Self::Scaled(Scaling { min, max, target }) => write!(
                formatter,
                "{{ min = {}, max = {}, target = {} }}",
                min.get(),
                max.get(),
                target.percent()
            ),
        }
    }
}

impl<'de> Deserialize<'de> for Capacity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CapacityVisitor)
    }
}

/// An untagged enum would hide what is wrong with a number or a table.
struct CapacityVisitor;

impl<'de> Visitor<'de> for CapacityVisitor {
    type Value = Capacity;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number of units, or a table with min, max and target")
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Capacity, E> {
        let units = u32::try_from(number)
            .map_err(|_| E::invalid_value(Unexpected::Signed(number), &"a number from 1"))?;
        Limit::try_from(units)
            .map(Capacity::Fixed)
            .map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Capacity, A::Error> {
        Scaling::deserialize(MapAccessDeserializer::new(map))
            .map(Capacity::Scaled)
            .map_err(A::Error::custom)
    }
}

impl Scaling {
    /// # Errors
    /// When `max` is below `min`.
    pub(crate) fn new(min: Limit, max: Limit, target: Utilization) -> Result<Self, Invalid> {
        if max.get() < min.get() {
            return Err(Invalid("max must be at least min"));
        }
        Ok(Self { min, max, target })
    }
}

impl TryFrom<ScalingTable> for Scaling {
    type Error = Invalid;

    fn try_from(table: ScalingTable) -> Result<Self, Self::Error> {
        Self::new(table.min, table.max, table.target)
    }
}

impl Utilization {
    pub(crate) fn percent(self) -> u32 {
        self.0
    }
}

impl Default for Utilization {
    fn default() -> Self {
        Self(70)
    }
}

impl TryFrom<u32> for Utilization {
    type Error = Invalid;

    fn try_from(percent: u32) -> Result<Self, Self::Error> {
        if (20..=90).contains(&percent) {
            Ok(Self(percent))
        } else {
            Err(Invalid("must be a percentage from 20 to 90"))
        }
    }
}
