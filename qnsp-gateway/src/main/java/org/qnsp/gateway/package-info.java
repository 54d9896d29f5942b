/** Where connections to other worlds live: bridges to classical servers, routers, key-server simulators. Heavy dependencies end here. */
package org.qnsp.gateway;
