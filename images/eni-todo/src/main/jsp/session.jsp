<%@ page contentType="text/html; charset=UTF-8" pageEncoding="UTF-8" trimDirectiveWhitespaces="true"
    import="java.time.Instant, java.util.Map, timonier.enitodo.web.Html" %>
<%
  @SuppressWarnings("unchecked")
  Map<String, String> attributes = (Map<String, String>) request.getAttribute("attributes");
  String context = request.getContextPath();
%>
<!DOCTYPE html>
<html lang="en">
<head>
<title>This session</title>
<%@ include file="head.jspf" %>
</head>
<body>
<header>
  <h1><a href="<%= context %>/">To-do list</a></h1>
  <p>HostName: <b><%= Html.text(application.getAttribute("hostname")) %></b></p>
</header>
<main>
<section class="card" aria-labelledby="session-title">
  <h2 id="session-title">This session</h2>
  <dl>
    <dt>Session ID</dt><dd><code><%= Html.text(session.getId()) %></code></dd>
    <dt>Created</dt><dd><%= Instant.ofEpochMilli(session.getCreationTime()) %></dd>
    <dt>Last accessed</dt><dd><%= Instant.ofEpochMilli(session.getLastAccessedTime()) %></dd>
  </dl>
  <h2>Its attributes</h2>
  <p class="data">
<% for (Map.Entry<String, String> attribute : attributes.entrySet()) { %>
    <%= Html.text(attribute.getKey()) %> = <%= Html.text(attribute.getValue()) %><br>
<% } %>
  </p>
</section>
<section class="card" aria-labelledby="set-title">
  <h2 id="set-title">Set an attribute</h2>
  <form class="fields" action="<%= context %>/BasicServlet" method="post">
    <label>Name <input type="text" name="dataname" maxlength="255" required></label>
    <label>Value <input type="text" name="datavalue"></label>
    <button type="submit">Set</button>
  </form>
</section>
</main>
<footer><a href="<%= context %>/">Back to the list</a></footer>
</body>
</html>
