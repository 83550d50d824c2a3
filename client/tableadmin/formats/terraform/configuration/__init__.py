"""Terraform's configuration language, `.tf` and `.tf.json`, as far as the files decide it."""
