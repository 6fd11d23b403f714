#!/usr/bin/env node
// Committed, not compiled: npm links a bin only if the file is there at install time.
import '../dist/src/main.js'
