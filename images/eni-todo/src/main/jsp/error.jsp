<%@ page contentType="text/html; charset=UTF-8" pageEncoding="UTF-8" session="false" trimDirectiveWhitespaces="true"
    import="jakarta.servlet.RequestDispatcher, timonier.enitodo.web.Html" %>
<%
  int status = (Integer) request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
  String message = (String) request.getAttribute(RequestDispatcher.ERROR_MESSAGE);
  String title = switch (status) {
    case 400 -> "That cannot be used";
    case 404 -> "Not found";
    case 405 -> "Not possible here";
    case 413 -> "Too large";
    case 503 -> "The database is away";
    default -> "Something went wrong";
  };
  String context = application.getContextPath();
%>
<!DOCTYPE html>
<html lang="en">
<head>
<title><%= title %></title>
<%@ include file="head.jspf" %>
</head>
<body>
<header>
  <h1><a href="<%= context %>/">To-do list</a></h1>
  <p>This app hostname is: <b><%= Html.text(application.getAttribute("hostname")) %></b></p>
</header>
<main>
<section class="card error">
  <h2><%= title %>&nbsp;<small><%= status %></small></h2>
  <p><%= message == null || message.isEmpty() ? "The server could not answer this request." : Html.text(message) %></p>
  <p><a href="<%= context %>/">To the list</a></p>
</section>
</main>
</body>
</html>
