// Posts the ticket into the frame, and gives the frame the height of the window.
document.addEventListener("DOMContentLoaded", function () {
	"use strict";
	var door = document.getElementById("pbxsync-door");
	var frame = document.getElementById("pbxsync-frame");
	var knock = document.getElementById("pbxsync-knock");
	if (!door || !frame || !knock) {
		return;
	}
	function fit() {
		var below = window.innerHeight - frame.getBoundingClientRect().top - window.scrollY;
		frame.style.height = Math.max(480, below - 60) + "px";
	}
	window.addEventListener("resize", fit);
	fit();
	knock.hidden = true;
	door.submit();
});
