"""SIP trunks over pjsua2: the real `Line`. The only package that imports pjsua2.

Every pjsua2 object is made, used and dropped on one thread, named `sip` (`endpoint.py`).
"""
