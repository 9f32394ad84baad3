"""PromQL that several panels share."""

from __future__ import annotations

from deploy.grafana.panels import ON_NODE, Line


def rate(metric: str, labels: str = ON_NODE) -> str:
    """Of a counter, a second."""
    return f"rate({metric}{{{labels}}}[$__rate_interval])"


def increase(metric: str, labels: str = ON_NODE) -> str:
    """Of a counter, in a step of the picture."""
    return f"increase({metric}{{{labels}}}[$__rate_interval])"


def quantiles(metric: str, *shares: float) -> tuple[Line, ...]:
    """Of a node's histogram, one line for each share."""
    return tuple(
        Line(
            f"histogram_quantile({share}, sum by (instance, le) ({rate(f'{metric}_bucket')}))",
            f"{{{{instance}}}} p{share * 100:g}",
        )
        for share in shares
    )


def share_within(metric: str, bound: str) -> str:
    """Of a node's histogram, what is at most `bound`: an upper bound of one of its buckets."""
    within = rate(f"{metric}_bucket", f'{ON_NODE}, le="{bound}"')
    return f"sum by (instance) ({within}) / sum by (instance) ({rate(f'{metric}_count')})"
