#!/bin/sh
# install.sh: MariaDB from Debian's packages, without what a container does not use. Runs in the image's build.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update
# the packages mariadb-server and mariadb-client would bring perl, init scripts and a set-up of their own: their
# programs are taken out of them
apt-get install -y --no-install-recommends \
  mariadb-server-core mariadb-client-core mariadb-backup socat xz-utils zstd
work=$(mktemp -d)
cd "$work"
chmod 755 "$work" # apt downloads as a user of its own
version=$(dpkg-query --show --showformat '${Version}' mariadb-server-core)
apt-get -o APT::Sandbox::User=root download "mariadb-server=$version" "mariadb-client=$version"
for package in *.deb; do dpkg-deb --extract "$package" extracted; done
for program in mariadb-admin mariadb-binlog mariadb-dump mariadb-tzinfo-to-sql; do
  install -m 0755 "extracted/usr/bin/$program" /usr/bin/
done
# the names scripts of before MariaDB 10.4 know
for program in admin binlog dump; do ln -s "mariadb-$program" "/usr/bin/mysql$program"; done
mkdir -p /usr/lib/mysql
cp -r extracted/usr/lib/mysql/plugin /usr/lib/mysql/

# messages in other languages, the HELP statement's texts, rescue tools, manuals
find /usr/share/mysql -mindepth 1 -maxdepth 1 -type d ! -name english ! -name charsets -exec rm -r {} +
: >/usr/share/mysql/fill_help_tables.sql # mariadb-install-db wants the file to be there
rm -rf /etc/mysql/conf.d/* /usr/bin/innochecksum /usr/bin/resolveip /usr/lib/mysql/plugin/auth_pam_tool_dir \
  /usr/share/doc/* /usr/share/man/* /usr/share/locale/* /usr/share/lintian \
  /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/* "$work"

rm -rf /var/lib/mysql
install -d -o 999 -g 999 -m 0750 /var/lib/mysql
install -d -o 999 -g 999 -m 0775 /run/mysqld
install -d /docker-entrypoint-initdb.d /etc/mysql/conf.d
