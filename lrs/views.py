"""What people see of the record: their own statements, and for administrators the keys of tools and what was set aside."""
