//! Tables, JSON, progress: the only place that names indicatif and comfy_table. It takes values only.
