"""Real data for reference tests; they are not part of the project, and tests skip without them."""

from pathlib import Path

import pandas as pd
import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def shared(path: str) -> Path:
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"real data not at hand: {path} (looked beside the project's folder)")
    return found


@pytest.fixture(scope="session")
def english_panel() -> pd.DataFrame:
    """Mainstream primary schools of two English authorities, three years: share reaching the expected standard."""
    raw = pd.read_csv(shared("england/ks2_hampshire_surrey_2016_2018_with_trust.csv"))
    raw = raw.loc[raw["RECTYPE"] == 1]
    panel = pd.DataFrame(
        {
            "year": raw["year"],
            "school_id": raw["URN"].astype(str),
            "pupils": pd.to_numeric(raw["TELIG"]),
            "share": pd.to_numeric(raw["PTRWM_EXP"].str.rstrip("%"), errors="coerce") / 100,
        }
    )
    return panel.loc[panel["share"].notna() & (panel["pupils"] > 0)].reset_index(drop=True)


@pytest.fixture(scope="session")
def lme4_effects():
    """Read school effects made with R's lme4."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(shared(f"reference/{name}"))

    return read
