#!/bin/sh
# jre.sh DIRECTORY: a Java runtime with the modules Tomcat and the two databases use, and no others.
set -eu
# java.desktop: Tomcat's containers use java.beans. java.rmi, java.instrument: named by Tomcat's class loader.
# java.sql.rowset: named by MariaDB's driver.
# jdk.crypto.ec: TLS to the Kubernetes API. jdk.unsupported: sun.misc.Signal.
modules=java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.rmi
modules=$modules,java.security.jgss,java.sql,java.sql.rowset,java.xml,jdk.crypto.ec,jdk.unsupported
jlink --add-modules "$modules" --strip-debug --no-header-files --no-man-pages --compress=2 --output "$1"
# what draws, prints and plays: no code path leads there without a display
cd "$1/lib"
rm -f libawt*.so libmlib_image.so libjsound.so libfontmanager.so libsplashscreen.so libjavajpeg.so liblcms.so \
  libfreetype.so libjawt.so jrt-fs.jar
