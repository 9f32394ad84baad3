"""Grafana dashboards made from Python: `python -m deploy.grafana` writes them.

`panels` knows Grafana's JSON, `trunks`, `node` and `compliance` say what is shown.
"""
