#!/bin/sh
# A local PostgreSQL (5433) and Redis (6380) for the production profile and the tests: fast, not safe. Data goes with /var/tmp.
# `start postgresql` starts PostgreSQL alone; with PG_SETTINGS="" it keeps to its own defaults, as the benchmark wants it.
set -eu
here=${SERVICES_DIR:-${TMPDIR:-/var/tmp}/vakwijs-services-$(id -u)}
pg_settings=${PG_SETTINGS--c fsync=off -c full_page_writes=off}
pg_port=${PG_PORT:-5433}
redis_port=${REDIS_PORT:-6380}

as_postgres() { # PostgreSQL refuses to run as root
    if [ "$(id -u)" -eq 0 ]; then su postgres -s /bin/sh -c "$1"; else sh -c "$1"; fi
}

install_package() {
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1" >/dev/null
    else
        echo "Please install $1 first." >&2
        exit 1
    fi
}

postgres_bin() {
    for candidate in /usr/lib/postgresql/*/bin /usr/local/bin /usr/bin /opt/homebrew/bin; do
        [ -x "$candidate/pg_ctl" ] && [ -x "$candidate/initdb" ] && found=$candidate
    done
    echo "${found:-}"
}

start() {
    mkdir -p "$here"
    if ! pg_isready -q -h 127.0.0.1 -p "$pg_port" 2>/dev/null; then
        [ -n "$(postgres_bin)" ] || install_package postgresql
        bin=$(postgres_bin)
        mkdir -p "$here/postgres"
        [ "$(id -u)" -eq 0 ] && chown postgres "$here" "$here/postgres"
        [ -f "$here/postgres/PG_VERSION" ] || as_postgres "'$bin/initdb' -A trust -U postgres -E UTF8 -D '$here/postgres' >/dev/null"
        as_postgres "'$bin/pg_ctl' -w -s -D '$here/postgres' -l '$here/postgres.log' -o '-p $pg_port -k $here -c max_connections=200 $pg_settings' start"
    fi
    psql -q -h 127.0.0.1 -p "$pg_port" -U postgres -tc "SELECT 1 FROM pg_database WHERE datname = 'vakwijs'" | grep -q 1 || createdb -h 127.0.0.1 -p "$pg_port" -U postgres vakwijs
    echo "DATABASE_URL=postgres://postgres@127.0.0.1:$pg_port/vakwijs"
    [ "${1:-}" = postgresql ] && return
    if ! redis-cli -p "$redis_port" ping >/dev/null 2>&1; then
        command -v redis-server >/dev/null || install_package redis-server
        redis-server --port "$redis_port" --bind 127.0.0.1 --daemonize yes --dir "$here" --save '' >/dev/null
    fi
    echo "REDIS_URL=redis://127.0.0.1:$redis_port/0"
}

stop() {
    bin=$(postgres_bin)
    [ -f "$here/postgres/postmaster.pid" ] && as_postgres "'$bin/pg_ctl' -s -m fast -D '$here/postgres' stop"
    [ "${1:-}" = postgresql ] && return
    redis-cli -p "$redis_port" shutdown nosave >/dev/null 2>&1 || true
}

case "${1:-}" in
    start) start "${2:-}" ;;
    stop) stop "${2:-}" ;;
    *) echo "usage: $0 start|stop [postgresql]" >&2; exit 2 ;;
esac
