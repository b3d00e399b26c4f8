// The elements of the pages. Each module registers its own.
import "/components/me.js";
import "/components/page.js";
import "/components/nav.js";
import "/components/status.js";
import "/components/uploader.js";
import "/components/viewer.js";
import "/components/batch.js";
