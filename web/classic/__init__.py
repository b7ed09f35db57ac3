"""The classic protocol as data: what events, jobs and problems look like to the clients of ComfyUI. No I/O."""
