"""What relaying costs: octi and what users would otherwise pick, under the same load, in the same rounds."""
