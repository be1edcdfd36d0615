#!/bin/sh
# libraries.sh DIRECTORY: the jars the application runs with, from Debian's packages.
set -eu
mkdir -p "$1"
for jar in tomcat10-annotations-api tomcat10-api tomcat10-catalina tomcat10-catalina-ha tomcat10-coyote \
    tomcat10-el-api tomcat10-jasper tomcat10-jasper-el tomcat10-jaspic-api tomcat10-jdbc tomcat10-jni \
    tomcat10-jsp-api tomcat10-juli tomcat10-servlet-api tomcat10-tribes tomcat10-util tomcat10-util-scan \
    h2 mariadb-java-client; do
  cp -L "/usr/share/java/$jar.jar" "$1/"
done
# whole seconds, which every image format keeps: the class archive refuses a jar whose time has changed
touch --date=2026-01-01T00:00:00Z "$1"/*.jar
