"""What can be said of a set of pictures beside another one."""
