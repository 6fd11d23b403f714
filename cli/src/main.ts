// The command line moves in here.
export {}
