#!/usr/bin/env bash
# Writes go.mod and go.sum for another Kubernetes version: ./update.sh v1.36.3
# k8s.io/kubernetes replaces its staging modules by folders of its own tree; outside that tree each needs the
# published module of the same release (Kubernetes v1.36.3 goes with k8s.io/api v0.36.3).
set -euo pipefail
cd "$(dirname "$0")"
version=${1:?a Kubernetes version, for example v1.36.3}
go mod download "k8s.io/kubernetes@$version"
upstream=$(go env GOMODCACHE)/cache/download/k8s.io/kubernetes/@v/$version.mod
go_version=$(sed -n 's/^go \([0-9.]*\)$/\1/p' "$upstream")
{
  printf 'module cluster\n\ngo %s\n\ngodebug default=go%s\n\nrequire k8s.io/kubernetes %s\n\nreplace (\n' \
    "$go_version" "$(cut -d. -f1,2 <<<"$go_version")" "$version"
  sed -n 's#^\t\(k8s.io/[a-z-]*\) => ./staging/.*#\1#p' "$upstream" | grep -v sample- |
    while read -r module; do printf '\t%s => %s v0.%s\n' "$module" "$module" "${version#v1.}"; done
  printf ')\n'
} > go.mod
go mod tidy
