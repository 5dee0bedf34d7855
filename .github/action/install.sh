#!/usr/bin/env bash
# Installs the program of this checkout into the runner's temporary folder, for `action.yml`.
#
# Nothing of the workspace takes part, neither its modules nor its settings for pip and uv: a pull request could bring
# them. The user's own, such as PIP_INDEX_URL or ~/.config/uv, do. Output: `python`, the interpreter that has it.
set -euo pipefail
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP

stop() {
    printf '::error title=deployer::%s\n' "$1"
    exit 3
}

# Whether this is a Python that can run the program; uv brings its own pip.
fits() {
    local needs=venv,ensurepip
    [ -z "$uv" ] || needs=sys
    "$1" -I -c "import sys, $needs; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1
}

# What the runner has: first what the job calls python3, then newer before older, then what lies beside the PATH.
candidates() {
    type -P python3 python || true
    compgen -c python3. | grep -Ex 'python3\.[0-9]+' | sort -t. -k2,2nr -u | while read -r name; do type -P "$name"; done || true
    local cache=${RUNNER_TOOL_CACHE:-${AGENT_TOOLSDIRECTORY:-/nowhere}}
    printf '%s\n' "$cache"/Python/3.*/*/bin/python3 "$cache"/Python/3.*/*/python.exe | grep -Ev '\*|/3\.[0-9.]+-' | sort -rV || true
}

find_python() {
    local found
    while read -r found; do
        if fits "$found"; then
            printf '%s\n' "$found"
            return
        fi
    done < <(candidates)
    local seen
    seen=$(candidates | while read -r found; do "$found" -I --version 2>/dev/null || true; done | sort -u | paste -sd, -)
    stop "Python 3.11 or newer is needed, with its modules venv and ensurepip (Debian: python3-venv); found ${seen:-no Python}. Add a step with actions/setup-python, or uv and a Python, before this one."
}

: "${RUNNER_TEMP:?is set by GitHub Actions, which runs this}" "${GITHUB_ACTION_PATH:?is set by GitHub Actions, which runs this}"
uv=$(type -P uv || true)
tool=${uv:+uv}
# What the code is names the folder, so that a second step of the job finds it, and another ref of the action does not.
cd "$GITHUB_ACTION_PATH"
digest=$(find deployer schemas pyproject.toml -type f ! -path '*/__pycache__/*' -exec cksum {} + | LC_ALL=C sort | cksum)
home=$RUNNER_TEMP/deployer-${digest%% *}

if [ ! -e "$home/python" ]; then
    rm -rf "$home"
    mkdir -p "$home/source"
    # Building writes beside the source; a copy keeps the checkout as it is.
    cp -R deployer schemas pyproject.toml README.md LICENSE "$home/source"
    cd "$home"
    base=$(find_python) || { printf '%s\n' "$base"; exit 3; }
    if [ -n "$uv" ]; then
        "$uv" venv --quiet --python "$base" "$home/venv"
    else
        "$base" -I -m venv "$home/venv"
    fi
    python=$home/venv/bin/python
    [ -x "$python" ] || python=$home/venv/Scripts/python.exe
    if [ -n "$uv" ]; then
        "$uv" pip install --quiet --python "$python" "$home/source"
    else
        "$python" -I -m pip install --quiet --disable-pip-version-check "$home/source"
    fi
    printf 'deployer: installed with %s for %s\n' "${tool:-pip}" "$("$python" -I --version)"
    # Last, so that an installation that was cut off does not count.
    printf '%s\n' "$python" > "$home/python"
fi

end=end-$RANDOM$RANDOM$RANDOM
printf 'python<<%s\n%s\n%s\n' "$end" "$(cat "$home/python")" "$end" >> "$GITHUB_OUTPUT"
