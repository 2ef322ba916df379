#!/bin/sh
# Certificates of the role audit, signed by an authority made for this alone (docs/audit.md). Needs OpenSSL 3.
#
#   certificates.sh FOLDER NAME…
#
# NAME: a DNS name or IP address by which the role audit is called: by API servers, and by webhook processes elsewhere.
#
#   ca.crt                                     authority of all of them: `clientAuthority`, `caFile`, `certificate-authority`
#   ca.key                                     signs them: keep it away from all of them
#   server.crt, server.key                     what the role audit serves with
#   kube-apiserver-audit.crt, …key             what API servers show it (audit.receiver.clientNames)
#   sallyport-webhook.crt, …key                what webhook processes show it (audit.intake.clientNames)
#
# They hold for a year, their authority for ten. Called again it signs new ones by the authority that is there.
set -eu
umask 077
[ $# -ge 2 ] || { echo "usage: certificates.sh FOLDER NAME…" >&2; exit 2; }
folder=$1
shift
mkdir -p "$folder"
cd "$folder"

names=
for name in "$@"; do
  case $name in
    *:*) kind=IP ;;
    *[!0-9.]*) kind=DNS ;;
    *) kind=IP ;;
  esac
  names=${names:+$names,}$kind:$name
done

# Of our own, because Debian's makes every self-signed certificate an authority.
config=$(mktemp)
trap 'rm -f "$config"' EXIT
printf '[req]\ndistinguished_name = dn\nprompt = no\n[dn]\n' > "$config"

# make DAYS FILE COMMON-NAME EXTENSION…: a new key and its certificate; both replace the old ones at once.
make() {
  days=$1 file=$2 subject=$3
  shift 3
  openssl req -x509 -config "$config" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days "$days" \
    -subj "/CN=$subject" "$@" -keyout "$file.key.new" -out "$file.crt.new" 2> "$file.log" || { cat "$file.log" >&2; exit 1; }
  rm -f "$file.log"
  mv "$file.key.new" "$file.key"
  mv "$file.crt.new" "$file.crt"
}

# sign FILE COMMON-NAME USAGE EXTENSION…
sign() {
  file=$1 subject=$2 usage=$3
  shift 3
  make 365 "$file" "$subject" -CA ca.crt -CAkey ca.key -addext basicConstraints=critical,CA:FALSE \
    -addext keyUsage=critical,digitalSignature -addext "extendedKeyUsage=$usage" "$@"
}

if [ ! -f ca.key ]; then
  make 3650 ca sallyport-audit-ca -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
fi
sign server sallyport-audit serverAuth -addext "subjectAltName=$names"
sign kube-apiserver-audit kube-apiserver-audit clientAuth
sign sallyport-webhook sallyport-webhook clientAuth
