"""The set-up program: from a fresh machine to a working environment, and nothing on the way twice.

`make setup` runs it as `python3 -m deploy.setup` by way of bootstrap.sh. It uses the standard
library only, for it runs before anything is installed. One module a step:

    python_choice   which interpreter
    packages        what the system must have, and why
    pjsip_source    a verified source archive, from `debian_archive` or from the user
    pjsip           building it, once
    environment     .venv from the lock file
    native          our extensions

`fresh` runs all of it on a bare Debian.

`shell` starts programs, `progress` tells a person what happens, `stamps` remembers what is done.
"""
