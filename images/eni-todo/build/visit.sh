#!/bin/bash
# visit.sh URL [without-database | METRICS]: walk through the application as a browser does and check each answer, for
# instance visit.sh http://127.0.0.1:8080/eni-todo. METRICS: where its metrics are. Leaves no item behind.
set -euo pipefail
url=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readonly megabyte=1048576

# expect STATUS PATH [CURL-OPTION...]: ask, keep the page, and insist on the status
expect() {
  local status=$1 path=$2 answer
  shift 2
  answer=$(curl --silent --show-error --max-time 20 --output "$work/page" --write-out '%{http_code}' \
    --cookie "$work/cookies" --cookie-jar "$work/cookies" "$@" "$url$path") || wrong "$path gives no answer"
  [[ $answer == "$status" ]] || wrong "$path answers $answer, not $status"
}

shows() { grep --quiet --fixed-strings -e "$1" "$work/page" || wrong "the page does not show: $1"; }
hides() { ! grep --quiet --fixed-strings -e "$1" "$work/page" || wrong "the page shows: $1"; }
wrong() { echo "visit.sh: $1" >&2; exit 1; }

# row TEXT: the number of the form's row that shows the text; id ROW: the item's number there
row() { grep -B3 --fixed-strings -e "$1" "$work/page" | sed -n 's/.*todoList\[\([0-9]*\)].id.*/\1/p' | tail -1; }
id() { sed -n "s/.*todoList\[$1].id\" value=\"\([-0-9]*\)\".*/\1/p" "$work/page"; }

# update TEXT complete|delete: tick the box in the row with that text
update() {
  local number
  expect 200 /
  number=$(id "$(row "$1")")
  expect 302 /update --data-urlencode "todoList[0].id=$number" --data-urlencode "todoList[0].$2=true"
  expect 200 /
}

without_database() {
  expect 200 /healthz
  expect 503 /
  shows 'This app hostname is: <b>'
  grep --quiet JSESSIONID "$work/cookies" || wrong 'no session was opened'
  expect 503 /add --form-string name=item
  expect 302 /add --form-string name=draft --form-string onlyinsession=true
  expect 200 /BasicServlet
  shows 'drafts = 1'
}

items() {
  local name="<b>visit $$</b>" shown="&lt;b&gt;visit $$&lt;/b&gt;"
  expect 302 /add --form-string "name=$name" --form-string category=c
  update "$shown" complete
  shows "$shown"
  update "$shown" delete
  hides "$shown"
  hides "$name"
  expect 400 /add --form-string name=
  expect 405 /add
}

drafts() {
  expect 302 /add --form-string "name=draft $$" --form-string onlyinsession=true
  expect 200 /BasicServlet
  shows 'drafts = 1'
  update "draft $$" complete
  shows "draft $$"
  expect 200 /BasicServlet
  shows 'drafts = 0'
  update "draft $$" delete
  hides "draft $$"
}

uploads() {
  head -c $megabyte /dev/urandom >"$work/whole"
  head -c $((megabyte + 1)) /dev/zero >"$work/more"
  expect 302 /add --form-string "name=file $$" --form "file=@$work/whole;filename=../visit $$.bin"
  expect 200 "/files/visit%20$$.bin"
  cmp --quiet "$work/whole" "$work/page" || wrong 'the upload came back changed'
  expect 413 /add --form-string "name=large $$" --form "file=@$work/more"
  shows '1024 KB'
  expect 404 /files/none
  expect 400 /files/..%2f..%2fetc%2fpasswd --path-as-is
  update "file $$" delete
  hides "large $$"
}

pages() {
  expect 200 /healthz
  expect 200 /
  shows 'This app hostname is: <b>'
  grep --quiet JSESSIONID "$work/cookies" || wrong 'no session was opened'
  expect 200 /style.css
  expect 404 /nothing
  expect 200 '/BasicServlet?dataname=colour&datavalue=%3Cgreen%3E'
  shows 'colour = &lt;green&gt;'
  url=${url%/eni-todo} expect 302 /
}

# metrics URL: after all else, so that there is something to count
metrics() {
  url=$1 expect 200 ''
  shows '# TYPE eni_todo_requests_total counter'
  shows 'eni_todo_sessions 1'
  hides 'eni_todo_requests_total{status="2xx"} 0'
  url=${1%/metrics} expect 404 /eni-todo/
  url=${url%/eni-todo} expect 404 /metrics
}

if [[ ${2-} == without-database ]]; then
  without_database
else
  pages
  items
  drafts
  uploads
  if [[ -n ${2-} ]]; then metrics "$2"; fi
fi
