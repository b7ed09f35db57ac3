"""IP-Adapters: pictures that a UNet listens to beside the text."""
