#!/bin/sh
# application.sh SOURCES TARGET: JSP to Java, Java to TARGET/app/eni-todo.jar, and what stands beside it.
set -eu
sources=$1
target=$2
work=$(mktemp -d)
app=$target/app
mkdir -p "$app" "$work/generated" "$work/classes"

java -cp "$target/lib/*:/usr/share/java/ant.jar:/usr/share/java/eclipse-jdt-core.jar" org.apache.jasper.JspC \
  -javaEncoding UTF-8 -webapp "$sources/main/jsp" -d "$work/generated" -p timonier.enitodo.web.jsp
find "$sources/main/java" "$work/generated" -name '*.java' >"$work/files"
javac --release 17 -encoding UTF-8 -g -proc:none -cp "$target/lib/*" -d "$work/classes" "@$work/files"
# one time stamp on all: equal sources give an equal jar
find "$work/classes" -exec touch --date=2026-01-01T00:00:00Z {} +
(cd "$work/classes" && jar --create --file "$app/eni-todo.jar" --no-compress --date=2026-01-01T00:00:00Z .)
touch --date=2026-01-01T00:00:00Z "$app/eni-todo.jar"
cp -r "$sources/main/webapp" "$app/webapp"
install -m 0755 "$sources/main/sh/start" "$app/start"
# whatever the modes of the sources: archives and umasks lose them
chmod -R a+rX "$app"
rm -rf "$work"
