<%@ page contentType="text/html; charset=UTF-8" pageEncoding="UTF-8" session="false" trimDirectiveWhitespaces="true"
    import="java.util.List, timonier.enitodo.todo.TodoItem, timonier.enitodo.web.Html" %>
<%
  @SuppressWarnings("unchecked")
  List<TodoItem> items = (List<TodoItem>) request.getAttribute("items");
  String context = request.getContextPath();
  long done = items.stream().filter(TodoItem::complete).count();
%>
<!DOCTYPE html>
<html lang="en">
<head>
<title>To-do list</title>
<%@ include file="head.jspf" %>
</head>
<body>
<header>
  <h1><a href="<%= context %>/">To-do list</a></h1>
  <p>This app hostname is: <b><%= Html.text(application.getAttribute("hostname")) %></b></p>
</header>
<main>
<section class="card" aria-labelledby="list-title">
  <h2 id="list-title">Tasks <small><%= items.size() - done %> open, <%= done %> done</small></h2>
<% if (items.isEmpty()) { %>
  <p class="empty">Nothing to do. Add the first task below.</p>
<% } else { %>
  <form action="<%= context %>/update" method="post">
    <table>
      <thead><tr><th>Task</th><th>Category</th><th>File</th><th class="tick">Done</th><th class="tick">Delete</th></tr></thead>
      <tbody>
<%
    for (int row = 0; row < items.size(); row++) {
      TodoItem item = items.get(row);
      String field = "todoList[" + row + "].";
%>
      <tr class="<%= item.complete() ? "done" : item.draft() ? "draft" : "open" %>">
        <td class="name">
          <input type="hidden" name="<%= field %>id" value="<%= item.id() %>">
          <%= Html.text(item.name()) %>
<% if (item.draft()) { %>
          <span class="tag">draft</span>
<% } %>
        </td>
        <td><%= Html.text(item.category()) %></td>
        <td><% if (item.filename() != null && !item.filename().isEmpty()) { %><a
          href="<%= context %>/files/<%= Html.segment(item.filename()) %>"><%= Html.text(item.filename()) %></a><% } %></td>
        <td class="tick" data-label="Done"><input type="checkbox" name="<%= field %>complete" value="true"
          aria-label="<%= Html.text("Done: " + item.name()) %>"<%= item.complete() ? " checked" : "" %>></td>
        <td class="tick" data-label="Delete"><input type="checkbox" name="<%= field %>delete" value="true"
          aria-label="<%= Html.text("Delete: " + item.name()) %>"></td>
      </tr>
<% } %>
      </tbody>
    </table>
    <button type="submit">Save changes</button>
  </form>
<% } %>
</section>
<section class="card" aria-labelledby="add-title">
  <h2 id="add-title">New task</h2>
  <form class="fields" action="<%= context %>/add" method="post" enctype="multipart/form-data">
    <label>Name <input type="text" name="name" maxlength="255" required></label>
    <label>Category <input type="text" name="category" maxlength="255"></label>
    <label><span>File <small>up to 1024 KB</small></span> <input type="file" name="file"></label>
    <label class="inline"><input type="checkbox" name="onlyinsession" value="true">
      Keep it as a draft, in this session only</label>
    <button type="submit">Add task</button>
  </form>
</section>
</main>
<footer>A draft moves to the list when it is done. <a href="<%= context %>/BasicServlet">This session</a></footer>
</body>
</html>
