"""How the platform may behave, where the vendor's documents leave it open."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from deployer.emulator import Settings

BEHAVIOURS = st.builds(
    Settings,
    offset=st.sampled_from(("pages", "items")),
    list_disabled=st.booleans(),
    ids=st.sampled_from(("top", "inside")),
    sub_account_spelling=st.sampled_from(("subAccountId", "subaccountId")),
    normalise=st.booleans(),
    reuse_version_numbers=st.booleans(),
    list_delay=st.sampled_from((0.0, 5.0)),
    rate_limit=st.sampled_from((None, 1, 3)),
    rate_limit_form=st.sampled_from(("text", "header")),
    account_id_required=st.booleans(),
)

COMBINATIONS = tuple(
    tuple(f"{name}={value}" for name, value in zip(names, values, strict=True))
    for names, choices in (
        (
            ("offset", "list-disabled", "ids", "sub-account-spelling", "normalise", "account-id-required"),
            (
                ("pages", "items"),
                ("false", "true"),
                ("top", "inside"),
                ("subAccountId", "subaccountId"),
                ("false", "true"),
                ("false", "true"),
            ),
        ),
        (
            ("reuse-version-numbers", "list-delay", "rate-limit", "rate-limit-form", "normalise"),
            (("false", "true"), ("0", "5"), ("none", "2"), ("text", "header"), ("false", "true")),
        ),
    )
    for values in itertools.product(*choices)
)
"""Every combination of what stands in the bodies, and every combination of what stands beside them."""
