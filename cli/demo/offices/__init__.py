"""Departments' own servers, made up: what each contract says of a source, offered by a real server of that kind."""
