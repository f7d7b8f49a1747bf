"""Addresses of activities of elsewhere."""

from django.urls import path

from courses.launched import views

app_name = "launched"
urlpatterns = [path("leren/elders/<uuid:activity>/", views.start_activity, name="start")]
