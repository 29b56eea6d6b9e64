// Brings what just happened into view, also for who listens to the page.
document.querySelector("[data-focus]")?.focus();
