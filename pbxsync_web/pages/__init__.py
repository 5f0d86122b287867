"""One module for each page, routes only: check the right, read the store or hand over a wish, render."""

from pbxsync_web.pages import (
    account,
    alerts,
    arrival,
    audit,
    coverage,
    datasets,
    groups,
    hosts,
    jobs,
    login,
    pairing,
    panel,
    people,
    policy,
    presets,
    rollback,
    runs,
    setup,
    start,
    states,
    tokens,
    wishes,
)

BLUEPRINTS = tuple(
    module.page
    for module in (
        account,
        alerts,
        arrival,
        audit,
        coverage,
        datasets,
        groups,
        hosts,
        jobs,
        login,
        pairing,
        panel,
        people,
        policy,
        presets,
        rollback,
        runs,
        setup,
        start,
        states,
        tokens,
        wishes,
    )
)
